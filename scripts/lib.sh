# shellcheck shell=bash
# What the scripts share. Sourced, after `set -euo pipefail`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps_dir=${NAMESAKE_DEPS:-$root/build/deps}
log_dir=$root/build/logs
# There only where scripts/setup found no Rust that is new enough.
rust_dir=$root/build/rust-toolchain

# As CMake looks for it. Without a version installed, rustup is to say so, not to fetch one.
PATH="$rust_dir/bin:${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH"
export RUSTUP_AUTO_INSTALL=0

say() { printf '==> %s\n' "$*" >&2; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# run_long LOG WHAT REMEDY COMMAND…
#
# On a terminal the command shows its own progress. Elsewhere its output goes to build/logs/LOG, a
# line now and then says that it is alive, and a failure shows how the log ends.
run_long() {
  local log=$log_dir/$1 what=$2 remedy=$3
  shift 3
  say "$what"
  if [[ -t 1 && -t 2 ]]; then
    "$@" || die "$what failed (see above).${remedy:+ $remedy}"
    return
  fi
  mkdir -p "$log_dir"
  report_progress "$log" &
  local reporter=$! status=0
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$reporter" 2>/dev/null || true
  wait "$reporter" 2>/dev/null || true
  if ((status != 0)); then
    tail -n 40 "$log" >&2
    die "$what failed (the whole log: ${log#"$root"/}).${remedy:+ $remedy}"
  fi
}

# A line a minute, until it is killed or the script has ended.
report_progress() {
  local log=$1 started=$SECONDS reported=$SECONDS nothing
  # Waits without a child, which would hold this script's output open when it is gone.
  exec {nothing}<> <(:)
  while kill -0 $$ 2>/dev/null; do
    read -r -t 2 -u "$nothing" || true
    ((SECONDS - reported >= 60)) || continue
    reported=$SECONDS
    printf '    %d min: %s\n' $(((SECONDS - started) / 60)) "$(tail -n 1 "$log" | cut -c 1-100)" >&2
  done
}

# The version from which on cmake, cargo, … do: at_least 3.25 3.28.1
at_least() { [[ $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

# configure_preset PRESET
#
# Ninja configures anew by itself for a changed CMakeLists.txt, but knows neither the presets nor
# the unpacked wheels.
configure_preset() {
  local ninja_file=$root/build/$1/build.ninja input fresh=()
  if [[ -f $ninja_file ]]; then
    for input in "$root/CMakePresets.json" "$deps_dir"/.*.stamp; do
      [[ $input -nt $ninja_file ]] && break
      input=
    done
    [[ -z $input ]] && return
    # A preset with another compiler can't go on with what was found for the last one.
    fresh=(--fresh)
  fi
  run_long "configure-$1.log" "Configuring the preset $1" "" \
    cmake "${fresh[@]}" --preset "$1" -DNAMESAKE_DEPS="$deps_dir"
}

# build_preset PRESET [TARGET…]
build_preset() {
  local preset=$1 targets=()
  shift
  if (($# > 0)); then targets=(--target "$@"); fi
  run_long "build-$preset.log" "Building the preset $preset" \
    "Run again after a failed download; what is built stays built." \
    cmake --build --preset "$preset" "${targets[@]}"
}
