# Guests that are components, of C++, Python and JavaScript: ${PROJECT_BINARY_DIR}/guests/NAME.wasm, in
# the target namesake_component_guests. docs/guests.md has the same steps by hand.
#
# Each function takes WORLD, the WIT file with the guest's one world, which has the name of the file,
# and PACKAGES, the folders of wit/ that it names.
#
#   namesake_component_guest(NAME WORLD file.wit PACKAGES … SOURCES … [FLAGS …] [SYSTEM_HEADERS …] [REACTOR])
#   namesake_python_guest(NAME WORLD file.wit PACKAGES … SOURCES app.py …)
#   namesake_javascript_guest(NAME WORLD file.wit PACKAGES … SOURCES app.js …)
#   namesake_composed_guest(NAME PLUG guest SOCKET guest)
#
# Where the tools are missing (cmake/GuestTools.cmake), none is built.

include(WasmGuest)
include(GuestTools)

find_program(NAMESAKE_GUEST_CC NAMES clang-19 clang-20 clang-21 clang)

if(NOT TARGET namesake_component_guests)
  add_custom_target(namesake_component_guests ALL)
endif()

# namesake_wit(NAME WORLD PACKAGE…): makes ${PROJECT_BINARY_DIR}/guests/wit/NAME, as tools want it: the
# world, and what it names in deps/. Sets `wit_folder` and `wit_stamp`, which is newer than all of it.
function(namesake_wit name world)
  set(folder "${PROJECT_BINARY_DIR}/guests/wit/${name}")
  set(copies)
  get_filename_component(world "${world}" ABSOLUTE)
  set(sources "${world}")
  if(EXISTS "${NAMESAKE_DEPS}/.guest_tools.stamp")
    list(APPEND sources "${NAMESAKE_DEPS}/.guest_tools.stamp")
  endif()
  foreach(package IN LISTS ARGN)
    file(GLOB files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/wit/${package}/*.wit")
    list(APPEND sources ${files})
    list(APPEND copies COMMAND "${CMAKE_COMMAND}" -E copy_directory
      "${PROJECT_SOURCE_DIR}/wit/${package}" "${folder}/deps/${package}")
  endforeach()
  add_custom_command(
    OUTPUT "${folder}.stamp"
    COMMAND "${CMAKE_COMMAND}" -E rm -rf "${folder}"
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${NAMESAKE_WASI_WIT}" "${folder}/deps"
    ${copies}
    COMMAND "${CMAKE_COMMAND}" -E copy "${world}" "${folder}/"
    COMMAND "${CMAKE_COMMAND}" -E touch "${folder}.stamp"
    DEPENDS ${sources}
    COMMENT "Collecting the interfaces of guest ${name}" VERBATIM)
  set(wit_folder "${folder}" PARENT_SCOPE)
  set(wit_stamp "${folder}.stamp" PARENT_SCOPE)
endfunction()

function(namesake_add_component name)
  add_custom_target(namesake_guest_${name} DEPENDS "${PROJECT_BINARY_DIR}/guests/${name}.wasm")
  add_dependencies(namesake_component_guests namesake_guest_${name})
endfunction()

# Bindings in C, made of the interfaces; the guest and they become a module for WASI's first preview,
# and that a component, for which jco has the adapter: a command's, or with REACTOR a library's.
function(namesake_component_guest name)
  if(NOT NAMESAKE_GUEST_TOOLS)
    return()
  endif()
  cmake_parse_arguments(arg "REACTOR" "WORLD" "PACKAGES;SOURCES;FLAGS;SYSTEM_HEADERS" ${ARGN})
  namesake_link_system_headers(${arg_SYSTEM_HEADERS})
  namesake_wit(${name} "${arg_WORLD}" ${arg_PACKAGES})
  get_filename_component(world "${arg_WORLD}" NAME_WE)
  string(MAKE_C_IDENTIFIER "${world}" bindings_name)
  set(bindings "${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/bindings")
  set(header "${bindings}/${bindings_name}.h")
  set(type "${bindings}/${bindings_name}_component_type.o")
  add_custom_command(
    OUTPUT "${bindings}/${bindings_name}.c" "${header}" "${type}"
    COMMAND "${NAMESAKE_WIT_BINDGEN}" c "${wit_folder}" --world "${world}" --out-dir "${bindings}"
    DEPENDS "${wit_stamp}"
    COMMENT "Making the bindings of guest ${name}" VERBATIM)
  set(bindings_object "${bindings}/${bindings_name}.o")
  add_custom_command(
    OUTPUT "${bindings_object}"
    COMMAND "${NAMESAKE_GUEST_CC}" --target=wasm32-wasi "--sysroot=${NAMESAKE_GUEST_SYSROOT}" -O2
      -c "${bindings}/${bindings_name}.c" -o "${bindings_object}"
    DEPENDS "${bindings}/${bindings_name}.c" "${header}"
    COMMENT "Compiling the bindings of guest ${name}" VERBATIM)
  namesake_compile_guest(${name} objects SOURCES ${arg_SOURCES} DEPENDS "${header}"
    FLAGS -isystem "${bindings}" ${arg_FLAGS})

  set(module "${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/module.wasm")
  if(arg_REACTOR)
    set(adapter --wasi-reactor)
    set(link_flags -mexec-model=reactor)
  else()
    set(adapter --wasi-command)
    set(link_flags -nostartfiles)
    set(start "${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/start.o")
    add_custom_command(
      OUTPUT "${start}"
      COMMAND "${NAMESAKE_GUEST_CXX}" ${NAMESAKE_GUEST_FLAGS}
        -c "${PROJECT_SOURCE_DIR}/guests/common/component_start.cc" -o "${start}"
      DEPENDS "${PROJECT_SOURCE_DIR}/guests/common/component_start.cc"
      COMMENT "Compiling the start of guest ${name}" VERBATIM)
    list(APPEND objects "${start}")
  endif()
  add_custom_command(
    OUTPUT "${module}"
    COMMAND "${NAMESAKE_GUEST_CXX}" ${NAMESAKE_GUEST_FLAGS} ${NAMESAKE_GUEST_LINK_FLAGS}
      ${link_flags} ${objects} "${bindings_object}" "${type}" -o "${module}"
    DEPENDS ${objects} "${bindings_object}" "${type}"
    COMMENT "Linking guest ${name}" VERBATIM)
  set(component "${PROJECT_BINARY_DIR}/guests/${name}.wasm")
  add_custom_command(
    OUTPUT "${component}"
    COMMAND ${NAMESAKE_JCO} new "${module}" ${adapter} -o "${component}"
    DEPENDS "${module}"
    COMMENT "Making the component ${name}.wasm" VERBATIM)
  namesake_add_component(${name})
endfunction()

# namesake_script_guest_paths(SOURCE…): sets `app_sources`, and of the first of them `app_path` and
# `app`, which has neither folder nor ending.
macro(namesake_script_guest_paths)
  set(app_sources ${ARGN})
  list(TRANSFORM app_sources PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  list(GET app_sources 0 app_path)
  get_filename_component(app "${app_path}" NAME_WE)
endmacro()

function(namesake_python_guest name)
  if(NOT NAMESAKE_GUEST_TOOLS)
    return()
  endif()
  cmake_parse_arguments(arg "" "WORLD" "PACKAGES;SOURCES" ${ARGN})
  namesake_wit(${name} "${arg_WORLD}" ${arg_PACKAGES})
  get_filename_component(world "${arg_WORLD}" NAME_WE)
  namesake_script_guest_paths(${arg_SOURCES})
  # Copied, since Python leaves what it compiles beside the sources.
  set(app_copy "${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/app")
  file(MAKE_DIRECTORY "${app_copy}")
  set(component "${PROJECT_BINARY_DIR}/guests/${name}.wasm")
  add_custom_command(
    OUTPUT "${component}"
    COMMAND "${CMAKE_COMMAND}" -E copy ${app_sources} "${app_copy}"
    COMMAND ${NAMESAKE_COMPONENTIZE_PY} --quiet --wit-path "${wit_folder}" --world "${world}"
      componentize --python-path "${app_copy}" "${app}" -o "${component}"
    DEPENDS ${app_sources} "${wit_stamp}"
    COMMENT "Making the component ${name}.wasm of Python" VERBATIM)
  namesake_add_component(${name})
endfunction()

function(namesake_javascript_guest name)
  if(NOT NAMESAKE_GUEST_TOOLS)
    return()
  endif()
  cmake_parse_arguments(arg "" "WORLD" "PACKAGES;SOURCES" ${ARGN})
  namesake_wit(${name} "${arg_WORLD}" ${arg_PACKAGES})
  get_filename_component(world "${arg_WORLD}" NAME_WE)
  namesake_script_guest_paths(${arg_SOURCES})
  set(component "${PROJECT_BINARY_DIR}/guests/${name}.wasm")
  add_custom_command(
    OUTPUT "${component}"
    COMMAND ${NAMESAKE_JCO} componentize "${app_path}" --wit "${wit_folder}" --world-name "${world}"
      --bundle --disable http fetch-event clocks random -o "${component}"
    DEPENDS ${app_sources} "${wit_stamp}"
    COMMENT "Making the component ${name}.wasm of JavaScript" VERBATIM)
  namesake_add_component(${name})
endfunction()

# One component: what SOCKET imports and PLUG exports, it gets from PLUG.
function(namesake_composed_guest name)
  if(NOT NAMESAKE_GUEST_TOOLS)
    return()
  endif()
  cmake_parse_arguments(arg "" "PLUG;SOCKET" "" ${ARGN})
  set(component "${PROJECT_BINARY_DIR}/guests/${name}.wasm")
  set(plug "${PROJECT_BINARY_DIR}/guests/${arg_PLUG}.wasm")
  set(socket "${PROJECT_BINARY_DIR}/guests/${arg_SOCKET}.wasm")
  add_custom_command(
    OUTPUT "${component}"
    COMMAND "${NAMESAKE_WAC}" plug --plug "${plug}" "${socket}" -o "${component}"
    DEPENDS "${plug}" "${socket}"
    COMMENT "Composing ${name}.wasm of ${arg_PLUG}.wasm and ${arg_SOCKET}.wasm" VERBATIM)
  namesake_add_component(${name})
  add_dependencies(namesake_guest_${name} namesake_guest_${arg_PLUG} namesake_guest_${arg_SOCKET})
endfunction()
