#!/usr/bin/env bash
# Tests of scripts/setup, and of how scripts/demo and scripts/test call it.
#
#   tests/scripts/setup_test.sh [TEST…]     all where none is given
#
# Each runs a copy of the scripts in a folder of its own, with stand-ins for whatever would change the
# machine or need a network. What they are called with is written down; PATH has nothing else but the
# tools that the scripts may expect anywhere.
#
# shellcheck disable=SC2016,SC2317  # Text of other scripts; the tests are called by their names.
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
needed=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$source_dir/rust/Cargo.toml")
by_hand="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain $needed"

fail() {
  printf 'FAILED %s: %s\n--- said:\n%s\n--- called:\n%s\n' "$test" "$1" "$(<said)" "$(<calls)" >&2
  exit 1
}
expect_status() { [[ $status == "$1" ]] || fail "exit status $status, not $1"; }
expect_said() { [[ $(<said) == *"$1"* ]] || fail "does not say: $1"; }
expect_not_said() { [[ $(<said) != *"$1"* ]] || fail "says: $1"; }
expect_called() { [[ $(<calls) == *"$1"* ]] || fail "does not call: $1"; }
expect_not_called() { [[ $(<calls) != *"$1"* ]] || fail "calls: $1"; }

# stand_in NAME: of the script in the standard input, which has the machine's folder in $machine. The call
# is written down first.
stand_in() {
  {
    printf '#!/bin/bash\nmachine=%q\n' "$PWD"
    printf 'printf "%%s\\n" "%s $*" >>"$machine/calls"\n' "$1"
    cat
  } >"bin/$1"
  chmod +x "bin/$1"
}

have_rust() {
  local tool
  for tool in cargo rustc; do stand_in "$tool" <<<"[[ \$1 != --version ]] || echo '$tool $1 (0123abcd 2026-01-01)'"; done
}

lack_rust() { rm bin/cargo bin/rustc; }

# lack PACKAGE…
lack() { printf '%s\n' "$@" >absent; }

# The current folder becomes a machine that lacks nothing, with a checkout of what setup reads.
make_machine() {
  local tool
  mkdir bin tools home build deps
  touch calls absent unknown said
  mkdir -p checkout/build/release
  cp -r "$source_dir/scripts" checkout
  mkdir checkout/rust
  cp "$source_dir"/rust/Cargo.* checkout/rust
  for tool in bash sh env dirname basename sed grep sort head tail cut cat cp mkdir mktemp rm mv ln chmod find ls id \
    realpath sha256sum true uname; do
    ln -s "$(type -P "$tool")" "tools/$tool"
  done
  mkdir deps/onnxruntime deps/onnxruntime_headers deps/openvino
  grep '^onnxruntime==' checkout/scripts/wheels.txt >deps/.onnxruntime.stamp
  sed -n 's/^headers_sha256=//p' checkout/scripts/setup >deps/.onnxruntime_headers.stamp
  grep '^openvino==' checkout/scripts/wheels.txt >deps/.openvino.stamp

  stand_in dpkg-query <<<'for package in "${@:4}"; do grep -qx -- "$package" "$machine/absent" || echo "installed $package"; done'
  stand_in apt-cache <<<'for package in "${@:2}"; do
    grep -qx -- "$package" "$machine/unknown" || printf "%s:\n  Installed: (none)\n  Candidate: 1.0\n" "$package"
  done'
  stand_in apt-get <<<'[[ ! -e $machine/apt_fails || $* == *update* ]] || { echo "E: Could not get lock" >&2; exit 100; }'
  stand_in sudo <<<'[[ ! -e $machine/sudo_fails ]] || exit 1; [[ $1 != -n ]] || shift; exec "$@"'
  stand_in cmake <<<'echo cmake version 3.25.1'
  stand_in python3 <<<'[[ $* == "-m pip --version" ]]'
  have_rust "$needed"
  stand_in curl <<<'[[ ! -e $machine/no_network ]] || exit 6
    while [[ $1 != -o ]]; do shift; done
    cp "$machine/installer" "$2"'
  # As much of rustup's installer as what comes after it sees.
  cat >installer <<END
#!/bin/bash
echo "installer \$* RUSTUP_HOME=\$RUSTUP_HOME CARGO_HOME=\$CARGO_HOME \${RUSTUP_TOOLCHAIN-}" >>"$PWD/calls"
[[ ! -e "$PWD/no_dist" ]] || exit 1
tools=\$RUSTUP_HOME/toolchains/$needed-x86_64-unknown-linux-gnu/bin
mkdir -p "\$tools" "\$CARGO_HOME/bin"
printf '#!/bin/bash\n[[ \$1 == --version ]] && echo cargo $needed || echo "local cargo \$* with \$(type -P rustc)" >>"$PWD/calls"\n' >"\$tools/cargo"
printf '#!/bin/bash\necho rustc $needed\n' >"\$tools/rustc"
printf '#!/bin/bash\necho "local rustup \$* \$RUSTUP_HOME"\n' >"\$CARGO_HOME/bin/rustup"
chmod +x "\$tools"/* "\$CARGO_HOME/bin/rustup"
END
  pin_installer
  chmod -R a+rwX .
}

pin_installer() {
  local hash
  hash=$(sha256sum installer)
  sed -i "s/^rustup_init_sha256=.*/rustup_init_sha256=${hash%% *}/" checkout/scripts/setup
}

environment=()
user=()
in_environment() {
  "${user[@]}" env -i HOME="$PWD/home" PATH="$PWD/bin:$PWD/tools" SHELL=/bin/bash NAMESAKE_DEPS="$PWD/deps" \
    "${environment[@]}" "$@"
}

# run SCRIPT [OPTION…]: where nobody answers.
run() {
  status=0
  in_environment "checkout/scripts/$1" "${@:2}" >said 2>&1 </dev/null || status=$?
}

# run_on_terminal ANSWER SCRIPT [OPTION…]
run_on_terminal() {
  status=0
  printf '%s' "$1" | in_environment "$(type -P script)" -qec "checkout/scripts/$2 ${*:3}" /dev/null >said 2>&1 || status=$?
}

as_other_than_root() {
  ((EUID != 0)) || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
}

test_nothing_missing_is_quiet() {
  run_on_terminal '' setup
  expect_status 0
  expect_not_said 'Install them?'
  expect_not_called apt-get
  expect_not_called curl
}

test_asks_on_a_terminal() {
  lack libfmt-dev libcli11-dev
  run_on_terminal $'\n' setup
  expect_status 0
  expect_said 'apt-get install -y --no-install-recommends libfmt-dev libcli11-dev'
  expect_said 'Install them? [Y/n]'
  expect_called 'install -y --no-install-recommends libfmt-dev libcli11-dev'
}

test_no_changes_nothing() {
  lack libfmt-dev curl
  lack_rust
  rm bin/curl
  run_on_terminal $'n\n' setup
  expect_status 1
  expect_said 'nothing was installed'
  expect_said '  apt-get install -y --no-install-recommends libfmt-dev curl'
  expect_said "  $by_hand"
  expect_not_called apt-get
  expect_not_called 'curl '
  [[ ! -e checkout/build/rust-toolchain ]] || fail 'there is a folder for Rust'
}

test_end_of_input_is_no() {
  lack libfmt-dev
  run_on_terminal $'\x04' setup
  expect_status 1
  expect_said 'nothing was installed'
  expect_not_called apt-get
}

test_yes_goes_ahead_on_a_terminal() {
  lack libfmt-dev
  run_on_terminal '' setup --yes
  expect_status 0
  expect_not_said 'Install them?'
  expect_called 'install -y --no-install-recommends libfmt-dev'
}

test_goes_ahead_without_a_terminal() {
  lack libfmt-dev
  run setup
  expect_status 0
  expect_said 'libfmt-dev'
  expect_not_said 'Install them?'
  expect_called 'install -y --no-install-recommends libfmt-dev'
}

test_the_tests_take_more() {
  lack libsqlite3-dev
  run setup
  expect_not_called apt-get
  # What comes after the packages is not there.
  run setup --tests
  expect_called 'install -y --no-install-recommends libsqlite3-dev'
}

test_rust_missing() {
  lack_rust
  environment=(RUSTUP_TOOLCHAIN=elsewhere)
  echo 'NAMESAKE_CARGO:FILEPATH=/usr/bin/cargo' >checkout/build/release/CMakeCache.txt
  run setup
  expect_status 0
  expect_said "Rust $needed or newer (cargo is not installed)"
  local folder=$PWD/checkout/build/rust-toolchain
  expect_called "https://static.rust-lang.org/rustup/archive/"
  expect_called "installer -y --no-modify-path --profile minimal --default-toolchain $needed RUSTUP_HOME=$folder/rustup CARGO_HOME=$folder/cargo"$' \n'
  # From then on it is what cargo is, and takes its own rustc.
  expect_called "local cargo fetch --locked --manifest-path rust/Cargo.toml --target x86_64-unknown-linux-gnu --quiet --offline with $folder/rustup/toolchains/$needed-x86_64-unknown-linux-gnu/bin/rustc"
  [[ $(<checkout/build/release/CMakeCache.txt) == NAMESAKE_CARGO:FILEPATH=NAMESAKE_CARGO-NOTFOUND ]] || fail 'CMake still has another cargo'
  [[ $("$folder/bin/rustup" target add) == "local rustup target add $folder/rustup" ]] || fail 'rustup does not know its folder'
  : >calls
  run setup
  expect_status 0
  expect_not_called installer
}

test_rust_from_a_mirror() {
  lack_rust
  environment=(RUSTUP_UPDATE_ROOT=https://mirror.example/rustup)
  run setup
  expect_status 0
  expect_called https://mirror.example/rustup/archive/
}

test_rust_too_old() {
  have_rust 1.63.0
  run setup
  expect_status 0
  expect_said "Rust $needed or newer (cargo is 1.63.0)"
  expect_called 'installer '
}

test_rust_fails() {
  stand_in rustc <<<'echo "error: toolchain x is not installed"; exit 1'
  environment=(RUSTUP_TOOLCHAIN=x)
  run setup
  expect_status 0
  expect_said '(rustc is failing with RUSTUP_TOOLCHAIN=x (error: toolchain x is not installed))'
  expect_called 'installer '
}

test_rust_of_the_checkout_too_old() {
  have_rust 1.63.0
  mkdir -p checkout/build/rust-toolchain/bin
  cp bin/cargo bin/rustc checkout/build/rust-toolchain/bin
  chmod -R a+rwX checkout
  run setup
  expect_status 0
  expect_called 'installer '
  expect_called 'local cargo fetch'
}

test_newer_rust_will_do() {
  have_rust 9.10.0
  run setup
  expect_status 0
  expect_not_called curl
}

test_installer_unreachable() {
  lack_rust
  touch no_network
  run setup
  expect_status 1
  expect_said "  $by_hand"
  expect_not_called installer
}

test_rust_unreachable() {
  lack_rust
  touch no_dist
  run setup
  expect_status 1
  expect_said "  $by_hand"
  [[ ! -e checkout/build/rust-toolchain/bin ]] || fail 'half an installation is used'
}

test_another_installer_is_not_run() {
  lack_rust
  echo '# more' >>installer
  run setup
  expect_status 1
  expect_said 'its hash is another'
  expect_said "  $by_hand"
  expect_not_called installer
}

test_unknown_package() {
  lack clang-19 libfmt-dev
  rm -f bin/clang++-19
  echo clang-19 >unknown
  run setup
  expect_status 1
  expect_said 'apt knows no clang-19 here'
  expect_not_called 'install -y'
}

test_no_list_of_packages() {
  lack libfmt-dev
  echo libfmt-dev >unknown
  stand_in apt-get <<<'exit 100'
  run setup
  expect_status 1
  expect_said 'apt could not update its list of packages'
  expect_not_called 'install -y'
}

test_apt_fails() {
  lack libfmt-dev
  touch apt_fails
  run setup
  expect_status 1
  expect_said 'E: Could not get lock'
  expect_said 'another package manager at work?'
}

test_sudo_without_a_terminal() {
  as_other_than_root
  lack libfmt-dev
  run setup
  expect_status 0
  expect_called 'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get'
}

test_sudo_on_a_terminal() {
  as_other_than_root
  lack libfmt-dev
  run_on_terminal $'y\n' setup
  expect_status 0
  expect_said 'sudo apt-get install'
  expect_called 'sudo env DEBIAN_FRONTEND=noninteractive apt-get'
}

test_sudo_refuses() {
  as_other_than_root
  lack libfmt-dev
  touch sudo_fails
  run setup
  expect_status 1
  expect_said '  sudo apt-get install -y --no-install-recommends libfmt-dev'
  expect_not_called apt-get
}

test_no_sudo() {
  as_other_than_root
  lack libfmt-dev
  rm bin/sudo
  run_on_terminal $'y\n' setup
  expect_status 1
  expect_said '  apt-get install -y --no-install-recommends libfmt-dev'
  expect_not_said 'Install them?'
  expect_not_called apt-get
}

test_other_systems() {
  rm bin/dpkg-query
  run setup
  expect_status 1
  expect_said 'knows Debian and Ubuntu'
  stand_in uname <<<'echo Linux aarch64'
  run setup
  expect_status 1
  expect_said 'builds on Linux x86_64, and this is Linux aarch64'
}

test_options() {
  local script
  for script in setup demo test; do
    run "$script" --yess
    expect_status 1
    expect_said 'there is no option --yess; usage: scripts/'"$script"
    run "$script" --help
    expect_status 0
    expect_said "usage: scripts/$script"
  done
  [[ ! -s calls ]] || fail 'something was called'
}

test_unpacks_the_headers_of_onnx_runtime() {
  rm -r deps/onnxruntime_headers deps/.onnxruntime_headers.stamp
  stand_in apt-helper <<<'while [[ $1 != download-file ]]; do shift; done; echo a package >"$3"'
  stand_in dpkg-deb <<<'cp "$2" "$machine/unpacked"; mkdir "$3"'
  run setup
  expect_status 0
  expect_called 'download-file http'
  expect_called "SHA256:$(sed -n 's/^headers_sha256=//p' checkout/scripts/setup)"
  [[ -d deps/onnxruntime_headers && -f deps/.onnxruntime_headers.stamp ]] || fail 'unpacks nothing'
  : >calls
  run setup
  expect_status 0
  expect_not_called apt-helper
}

test_headers_that_cannot_be_had_leave_nothing() {
  rm -r deps/onnxruntime_headers deps/.onnxruntime_headers.stamp
  stand_in apt-helper <<<'echo "E: Hash Sum mismatch" >&2; exit 100'
  run setup
  expect_status 1
  expect_said 'Hash Sum mismatch'
  expect_said 'No network? Run again.'
  [[ ! -e deps/onnxruntime_headers && ! -e deps/.onnxruntime_headers.stamp ]] || fail 'leaves something'
}

test_demo_and_test_pass_yes_on() {
  mkdir -p checkout/examples/images
  touch checkout/examples/images/coffee.png
  printf '#!/bin/bash\necho "setup $*" >>%s/calls\nexit 7\n' "$PWD" >checkout/scripts/setup
  environment=(NAMESAKE_FIXED_LAYOUT=1)
  run demo
  expect_status 7
  run demo --yes
  run test
  expect_status 7
  run test --yes
  [[ $(<calls) == $'setup \nsetup --yes\nsetup --tests\nsetup --tests --yes' ]] || fail 'other options'
}

# In a shell of its own, and a folder that is gone afterwards.
run_test() (
  set -e
  test=$1
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  chmod a+rwx "$folder"
  cd "$folder"
  make_machine
  "test_$test"
  printf 'passed %s\n' "$test"
)

tests=("$@")
((${#tests[@]} > 0)) || mapfile -t tests < <(sed -n 's/^test_\([a-z_]*\)() {$/\1/p' "${BASH_SOURCE[0]}")
failed=0
for name in "${tests[@]}"; do
  # Not in a condition, which would go on after a command that fails.
  set +e
  run_test "$name"
  failed=$((failed | $?))
  set -e
done
exit "$failed"
