# Guests in Rust: ${PROJECT_BINARY_DIR}/guests/NAME.wasm, of the crate NAME in the current folder.
#
#   namesake_rust_guest(NAME)                                          a module
#   namesake_rust_component_guest(NAME WORLD file.wit PACKAGES …)      a component
#
# They need Rust's standard library for WebAssembly, which scripts/setup --tests adds to the
# toolchain. Where it is missing they are left out, and NAMESAKE_RUST_GUESTS is off.

include(ComponentGuest)

include(Cargo)
set(NAMESAKE_RUST_GUESTS ON)
foreach(target wasm32-wasip1 wasm32-wasip2)
  get_filename_component(cargo_folder "${NAMESAKE_CARGO}" DIRECTORY)
  execute_process(
    COMMAND "${cargo_folder}/rustc" --print target-libdir --target ${target}
    OUTPUT_VARIABLE libraries OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT IS_DIRECTORY "${libraries}")
    set(NAMESAKE_RUST_GUESTS OFF)
  endif()
endforeach()
if(NOT NAMESAKE_RUST_GUESTS)
  message(STATUS "Leaving out the guests in Rust: run scripts/setup --tests")
endif()

# namesake_cargo_guest(NAME TARGET FOLDER DEPENDS …): builds the crate in FOLDER, a copy. What cargo
# builds lies where all presets find it.
function(namesake_cargo_guest name target folder)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  set(crate "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
  set(built "${NAMESAKE_CARGO_TARGET_DIR}/guests")
  set(sources "${crate}/Cargo.toml" "${crate}/Cargo.lock" "${crate}/src/main.rs")
  add_custom_command(
    OUTPUT "${PROJECT_BINARY_DIR}/guests/${name}.wasm"
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${crate}" "${folder}"
    COMMAND "${CMAKE_COMMAND}" -E chdir "${folder}"
      "${NAMESAKE_CARGO}" build --quiet --release --locked --target ${target} --target-dir "${built}"
    COMMAND "${CMAKE_COMMAND}" -E copy
      "${built}/${target}/release/${name}.wasm" "${PROJECT_BINARY_DIR}/guests/${name}.wasm"
    DEPENDS ${sources} ${arg_DEPENDS}
    COMMENT "Building guest ${name} of Rust" VERBATIM)
endfunction()

function(namesake_rust_guest name)
  if(NOT NAMESAKE_RUST_GUESTS)
    return()
  endif()
  namesake_cargo_guest(${name} wasm32-wasip1 "${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/crate")
  add_custom_target(namesake_guest_${name} DEPENDS "${PROJECT_BINARY_DIR}/guests/${name}.wasm")
  add_dependencies(namesake_guests namesake_guest_${name})
endfunction()

function(namesake_rust_component_guest name)
  if(NOT NAMESAKE_RUST_GUESTS OR NOT NAMESAKE_GUEST_TOOLS)
    return()
  endif()
  cmake_parse_arguments(arg "" "WORLD" "PACKAGES" ${ARGN})
  namesake_wit(${name} "${arg_WORLD}" ${arg_PACKAGES})
  # Its interfaces lie in the crate.
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/crate")
  file(MAKE_DIRECTORY "${folder}")
  file(CREATE_LINK "${wit_folder}" "${folder}/wit" SYMBOLIC)
  namesake_cargo_guest(${name} wasm32-wasip2 "${folder}" DEPENDS "${wit_stamp}")
  namesake_add_component(${name})
endfunction()
