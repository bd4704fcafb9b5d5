# Wasmtime and its C API, built from the crate in rust/ to NAMESAKE_CARGO_TARGET_DIR:
#
#   namesake::wasmtime_archive   the static library, with the headers of both its APIs
include(Cargo)

set(rust_dir "${PROJECT_SOURCE_DIR}/rust")
set(wasmtime_archive "${NAMESAKE_CARGO_TARGET_DIR}/release/libnamesake_wasmtime.a")
set(NAMESAKE_WASMTIME_INCLUDE "${NAMESAKE_CARGO_TARGET_DIR}/include")

file(GLOB rust_sources CONFIGURE_DEPENDS "${rust_dir}/src/*.rs")

add_custom_command(
  OUTPUT "${wasmtime_archive}" "${NAMESAKE_WASMTIME_INCLUDE}/namesake_components.h"
  COMMAND "${CMAKE_COMMAND}" -E env "NAMESAKE_HEADERS_DIR=${NAMESAKE_WASMTIME_INCLUDE}"
    "${NAMESAKE_CARGO}" build --release --locked --target-dir "${NAMESAKE_CARGO_TARGET_DIR}"
  COMMAND "${CMAKE_COMMAND}" -E touch
    "${wasmtime_archive}" "${NAMESAKE_WASMTIME_INCLUDE}/namesake_components.h"
  WORKING_DIRECTORY "${rust_dir}"
  DEPENDS "${rust_dir}/Cargo.toml" "${rust_dir}/Cargo.lock" "${rust_dir}/build.rs"
    "${rust_dir}/cbindgen.toml" ${rust_sources}
  COMMENT "Building Wasmtime (the first time takes minutes)"
  USES_TERMINAL VERBATIM)
add_custom_target(namesake_wasmtime_build DEPENDS "${wasmtime_archive}")

file(MAKE_DIRECTORY "${NAMESAKE_WASMTIME_INCLUDE}")
add_library(namesake::wasmtime_archive STATIC IMPORTED GLOBAL)
set_target_properties(namesake::wasmtime_archive PROPERTIES
  IMPORTED_LOCATION "${wasmtime_archive}"
  INTERFACE_INCLUDE_DIRECTORIES "${NAMESAKE_WASMTIME_INCLUDE}"
  INTERFACE_LINK_LIBRARIES "Threads::Threads;${CMAKE_DL_LIBS};m")
add_dependencies(namesake::wasmtime_archive namesake_wasmtime_build)
