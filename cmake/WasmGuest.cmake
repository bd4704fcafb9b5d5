# namesake_guest(NAME SOURCES … [FLAGS …] [SYSTEM_HEADERS nlohmann stb …])
#
# Compiles a C++ guest to ${PROJECT_BINARY_DIR}/guests/NAME.wasm with clang's wasm32-wasi target, and
# adds it to the target namesake_guests. A guest is compiled beside the host by another compiler, so
# that it is a custom command and not a CMake target.
#
# SYSTEM_HEADERS names folders of header-only libraries in the system's include folder. That folder
# as a whole holds the host's C library, which must not be found in place of the guest's: each
# library gets a link in a folder of its own, and only that one is searched.

find_program(NAMESAKE_GUEST_CXX NAMES clang++-19 clang++-20 clang++-21 clang++)
set(NAMESAKE_GUEST_SYSROOT "/usr" CACHE PATH "Where lib/wasm32-wasi and include/wasm32-wasi are")

set(NAMESAKE_GUEST_FLAGS
  --target=wasm32-wasi "--sysroot=${NAMESAKE_GUEST_SYSROOT}" -std=c++20 -O2 -fno-exceptions
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Werror)
# The stack lies below the data, so that an overflow traps instead of overwriting the data.
set(NAMESAKE_GUEST_LINK_FLAGS -Wl,--stack-first -Wl,-z,stack-size=1048576 -Wl,--strip-all)

# Each folder with guests includes this file.
if(NOT TARGET namesake_guests)
  add_custom_target(namesake_guests ALL)
endif()

function(namesake_check_guest_compiler)
  set(probe "${PROJECT_BINARY_DIR}/guests/probe")
  file(WRITE "${probe}.cc" "#include <string>\nint main() { return std::string(\"a\") != \"a\"; }\n")
  set(error "no clang++ was found")
  if(NAMESAKE_GUEST_CXX)
    execute_process(
      COMMAND "${NAMESAKE_GUEST_CXX}" ${NAMESAKE_GUEST_FLAGS} "${probe}.cc" -o "${probe}.wasm"
      RESULT_VARIABLE result ERROR_VARIABLE error)
    if(result EQUAL 0)
      set(NAMESAKE_GUEST_CXX_CHECKED "${NAMESAKE_GUEST_CXX}" CACHE INTERNAL "")
      return()
    endif()
  endif()
  message(FATAL_ERROR
    "Can't compile a guest for wasm32-wasi. Run scripts/setup, which installs what it takes, or "
    "configure with -DNAMESAKE_GUESTS=OFF.\n${error}")
endfunction()

if(NOT NAMESAKE_GUEST_CXX_CHECKED STREQUAL NAMESAKE_GUEST_CXX OR NOT NAMESAKE_GUEST_CXX)
  namesake_check_guest_compiler()
endif()

function(namesake_link_system_headers)
  foreach(library IN LISTS ARGN)
    set(link "${PROJECT_BINARY_DIR}/guests/include/${library}")
    find_path(NAMESAKE_${library}_ROOT NAMES "${library}" REQUIRED)
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/guests/include")
    file(CREATE_LINK "${NAMESAKE_${library}_ROOT}/${library}" "${link}" SYMBOLIC)
  endforeach()
endfunction()

# namesake_compile_guest(NAME OBJECTS SOURCES … [FLAGS …] [DEPENDS …])
#
# Sets OBJECTS in the caller's scope. DEPENDS are files that have to be there before it is compiled.
function(namesake_compile_guest name objects_variable)
  cmake_parse_arguments(arg "" "" "SOURCES;FLAGS;DEPENDS" ${ARGN})
  set(objects)
  foreach(source IN LISTS arg_SOURCES)
    set(object "${CMAKE_CURRENT_BINARY_DIR}/${name}.dir/${source}.o")
    get_filename_component(folder "${object}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND "${NAMESAKE_GUEST_CXX}" ${NAMESAKE_GUEST_FLAGS} ${arg_FLAGS}
        -I "${PROJECT_SOURCE_DIR}/guests" -isystem "${PROJECT_BINARY_DIR}/guests/include"
        -MD -MT "${object}" -MF "${object}.d"
        -c "${CMAKE_CURRENT_SOURCE_DIR}/${source}" -o "${object}"
      DEPENDS "${source}" ${arg_DEPENDS}
      DEPFILE "${object}.d"
      COMMENT "Compiling guest ${name}: ${source}" VERBATIM)
    list(APPEND objects "${object}")
  endforeach()
  set(${objects_variable} ${objects} PARENT_SCOPE)
endfunction()

# namesake_link_guest(MODULE OBJECT…)
function(namesake_link_guest module)
  get_filename_component(file "${module}" NAME)
  add_custom_command(
    OUTPUT "${module}"
    COMMAND "${NAMESAKE_GUEST_CXX}" ${NAMESAKE_GUEST_FLAGS} ${NAMESAKE_GUEST_LINK_FLAGS}
      ${ARGN} -o "${module}"
    DEPENDS ${ARGN}
    COMMENT "Linking guest ${file}" VERBATIM)
endfunction()

function(namesake_guest name)
  cmake_parse_arguments(arg "" "" "SOURCES;FLAGS;SYSTEM_HEADERS" ${ARGN})
  namesake_link_system_headers(${arg_SYSTEM_HEADERS})
  namesake_compile_guest(${name} objects SOURCES ${arg_SOURCES} FLAGS ${arg_FLAGS})
  set(module "${PROJECT_BINARY_DIR}/guests/${name}.wasm")
  namesake_link_guest("${module}" ${objects})
  add_custom_target(namesake_guest_${name} DEPENDS "${module}")
  add_dependencies(namesake_guests namesake_guest_${name})
endfunction()
