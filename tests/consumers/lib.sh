# shellcheck shell=bash
# Shared by the tests of consumers. Sourced; makes $work, an empty folder outside the repository, and
# names a $model and a $guest that asks for it as "photo".

set -euo pipefail
model=$NAMESAKE_SOURCE/examples/models/efficientnet-lite0.onnx
guest=$NAMESAKE_BUILD/guests/first.wasm
work=$(mktemp -d "${TMPDIR:-/tmp}/namesake-consumer-XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

# With the compiler's own folders and nothing else to find headers and libraries in. Rust's toolchain is
# where it is.
bare() {
  env -i PATH="/usr/bin:/bin:$(dirname "$NAMESAKE_CARGO")" HOME="$work" RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}" \
    CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}" ${backend_dir:+"NAMESAKE_BACKEND_DIR=$backend_dir"} "$@"
}

# quietly COMMAND…: its output only when it fails.
quietly() {
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "$*"; }
}

# expect TEXT COMMAND…: the command succeeds and its output has the text.
expect() {
  local text=$1 output
  shift
  output=$(bare "$@" 2>&1) || fail "$*: status $?: $output"
  [[ $output == *"$text"* ]] || fail "$*: no \"$text\" in: $output"
}

# run_examples FOLDER: the programs of examples/, built in FOLDER, do what their comments say.
run_examples() {
  local folder=$1
  cat >"$work/namesake.toml" <<EOF
[[models]]
name = "efficientnet"
path = "$model"
[tenants.acme]
grants = [{ model = "efficientnet", as = "photo" }]
EOF
  printf 'GGUF\3\0\0\0 2.5' >"$work/scale.gguf"
  rm -f "$work/models.db"
  python3 -c 'import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as db:
    db.execute("CREATE TABLE models (name TEXT, encoding TEXT, path TEXT)")
    db.execute("INSERT INTO models VALUES (?, ?, ?)", ("photo", "onnx", sys.argv[2]))' "$work/models.db" "$model"
  expect 'class 649 of 1000' "$folder/embed_guest" "$work/namesake.toml" acme "$guest"
  expect 'class 649 of 1000' "$folder/embed_engine" "$guest" photo "$model"
  expect '[1,1000]: the largest is ' "$folder/native_inference" "$model"
  expect '-2.5' "$folder/custom_backend" "$work/scale.gguf" 4 -1
  expect 'scale 0.1.0 ' "$folder/scale_program" --version
  expect '"name":"logits"' "$folder/custom_registry" "$work/models.db" photo
  refuse 'load_by_name "photo" failed: not_found' "$folder/embed_engine" "$guest" other "$model"
  refuse 'no-such.onnx does not exist' "$folder/native_inference" "$work/no-such.onnx"
}

# refuse TEXT COMMAND…: the command fails, and its output has the text.
refuse() {
  local text=$1 output
  shift
  ! output=$(bare "$@" 2>&1) || fail "$*: succeeded: $output"
  [[ $output == *"$text"* ]] || fail "$*: no \"$text\" in: $output"
}
