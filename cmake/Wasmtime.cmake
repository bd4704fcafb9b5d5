# Wasmtime and its C API, built once from the crate in rust/ into a place that all presets share.

find_program(NAMESAKE_CARGO cargo REQUIRED HINTS "$ENV{HOME}/.cargo/bin")

set(rust_dir "${CMAKE_SOURCE_DIR}/rust")
set(rust_build "${CMAKE_SOURCE_DIR}/build/rust")
set(wasmtime_archive "${rust_build}/release/libnamesake_wasmtime.a")
set(wasmtime_include "${rust_build}/include")

file(GLOB rust_sources CONFIGURE_DEPENDS "${rust_dir}/src/*.rs")

add_custom_command(
  OUTPUT "${wasmtime_archive}" "${wasmtime_include}/namesake_components.h"
  COMMAND ${CMAKE_COMMAND} -E env "NAMESAKE_HEADERS_DIR=${wasmtime_include}"
    "${NAMESAKE_CARGO}" build --release --locked --target-dir "${rust_build}"
  COMMAND ${CMAKE_COMMAND} -E touch "${wasmtime_archive}" "${wasmtime_include}/namesake_components.h"
  WORKING_DIRECTORY "${rust_dir}"
  DEPENDS "${rust_dir}/Cargo.toml" "${rust_dir}/Cargo.lock" "${rust_dir}/build.rs"
    "${rust_dir}/cbindgen.toml" ${rust_sources}
  COMMENT "Building Wasmtime (the first time takes some ten minutes on 2 cores)"
  USES_TERMINAL VERBATIM)
add_custom_target(namesake_wasmtime_build DEPENDS "${wasmtime_archive}")

file(MAKE_DIRECTORY "${wasmtime_include}")
add_library(wasmtime STATIC IMPORTED GLOBAL)
set_target_properties(wasmtime PROPERTIES
  IMPORTED_LOCATION "${wasmtime_archive}"
  INTERFACE_INCLUDE_DIRECTORIES "${wasmtime_include}"
  INTERFACE_LINK_LIBRARIES "pthread;dl;m")
add_dependencies(wasmtime namesake_wasmtime_build)
