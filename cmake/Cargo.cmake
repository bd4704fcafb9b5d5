# NAMESAKE_CARGO. What scripts/setup has installed comes first: it has done so since nothing else was new
# enough. Its cargo finds its rustc by itself.
find_program(NAMESAKE_CARGO cargo REQUIRED
  HINTS "${PROJECT_SOURCE_DIR}/build/rust-toolchain/bin" "$ENV{HOME}/.cargo/bin")
