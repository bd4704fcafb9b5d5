# namesake_header_library(NAME HEADER): the target NAME_headers, for a library of which only headers
# are used. Looks for HEADER, and fails where it is missing.
function(namesake_header_library name header)
  string(TOUPPER "NAMESAKE_${name}_INCLUDE" variable)
  find_path(${variable} "${header}" REQUIRED)
  add_library(${name}_headers INTERFACE)
  target_include_directories(${name}_headers SYSTEM INTERFACE "${${variable}}")
endfunction()

# namesake_layer(NAME SOURCES … [DEPENDS layer …] [LIBRARIES …] [INTERFACE_LIBRARIES …])
#
# A folder under src/ or backends/ as a static library. Each layer has an include folder of its own in
# the build tree, with one link in it, so that `#include "registry/…"` is found only by a target that
# lists the registry. DEPENDS are the allowed arrows between layers; they are private, so an arrow
# does not pass on what it reaches. INTERFACE_LIBRARIES are those that the layer's own headers include.
function(namesake_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES;INTERFACE_LIBRARIES" ${ARGN})
  set(include_root "${PROJECT_BINARY_DIR}/layers/${name}")
  file(MAKE_DIRECTORY "${include_root}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_root}/${name}" SYMBOLIC)
  add_library(namesake_${name} STATIC ${arg_SOURCES})
  target_include_directories(namesake_${name} PUBLIC
    "${include_root}" "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/include")
  list(TRANSFORM arg_DEPENDS PREPEND namesake_)
  target_link_libraries(namesake_${name}
    PUBLIC ${arg_INTERFACE_LIBRARIES}
    PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} namesake_flags)
  # For cmake/Library.cmake, which puts layers together.
  set_target_properties(namesake_${name} PROPERTIES
    NAMESAKE_LIBRARIES "${arg_LIBRARIES};${arg_INTERFACE_LIBRARIES}")
  namesake_use_precompiled_headers(namesake_${name})
endfunction()
