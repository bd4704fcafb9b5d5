# namesake_layer(NAME SOURCES … DEPENDS …)
#
# A folder under src/ as a static library. Each layer has an include folder of its own in the build
# tree, with one link in it, so that `#include "registry/…"` is found only by a target that links
# the registry: the link lists are the allowed arrows between layers.
function(namesake_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  set(include_root "${CMAKE_BINARY_DIR}/layers/${name}")
  file(MAKE_DIRECTORY "${include_root}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${include_root}/${name}" SYMBOLIC)
  add_library(namesake_${name} STATIC ${arg_SOURCES})
  target_include_directories(namesake_${name}
    PUBLIC "${include_root}" "${CMAKE_SOURCE_DIR}/include")
  target_link_libraries(namesake_${name}
    PUBLIC ${arg_DEPENDS}
    PRIVATE namesake_flags ${arg_PRIVATE_DEPENDS})
endfunction()
