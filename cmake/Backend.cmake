# namesake_backend(NAME HEADER … FACTORY … SOURCES … [LIBRARIES …])
#
# A folder under backends/ as a layer of its own, backend_NAME, that may include graph and base alone.
# HEADER is its public header beneath include/, and FACTORY the function in it that makes the backend.
# Each call adds its NAME to the global property NAMESAKE_BACKENDS, in the order in which the
# command prefers them.
function(namesake_backend name)
  cmake_parse_arguments(arg "" "HEADER;FACTORY" "SOURCES;LIBRARIES" ${ARGN})
  namesake_layer(backend_${name} SOURCES ${arg_SOURCES} DEPENDS graph base LIBRARIES ${arg_LIBRARIES})
  set_target_properties(namesake_backend_${name} PROPERTIES
    NAMESAKE_HEADER "${arg_HEADER}" NAMESAKE_FACTORY "${arg_FACTORY}")
  set_property(GLOBAL APPEND PROPERTY NAMESAKE_BACKENDS ${name})
endfunction()

# The library namesake::NAME of each backend that has a public header.
function(namesake_backend_libraries)
  get_property(names GLOBAL PROPERTY NAMESAKE_BACKENDS)
  foreach(name IN LISTS names)
    namesake_library(libnamesake_${name} NAME ${name} LAYERS backend_${name})
    # The library first: what it exports, the log's state above all, is used from there, and only what
    # it hides is taken from the layers.
    target_link_libraries(libnamesake_${name} PUBLIC libnamesake)
    if(NAMESAKE_SHARED)
      target_link_libraries(libnamesake_${name} PRIVATE
        $<BUILD_INTERFACE:namesake_graph> $<BUILD_INTERFACE:namesake_base>)
    endif()
  endforeach()
endfunction()

# namesake_all_backends(TARGET): gives TARGET the function `namesake::AllBackends()`, which makes all
# backends that are built, and links them.
function(namesake_all_backends target)
  get_property(names GLOBAL PROPERTY NAMESAKE_BACKENDS)
  set(includes "")
  set(makes "")
  foreach(name IN LISTS names)
    get_target_property(header namesake_backend_${name} NAMESAKE_HEADER)
    get_target_property(factory namesake_backend_${name} NAMESAKE_FACTORY)
    string(APPEND includes "#include \"${header}\"\n")
    string(APPEND makes "  backends.push_back(${factory}());\n")
    target_link_libraries(${target} PRIVATE namesake_backend_${name})
  endforeach()
  set(source "${CMAKE_CURRENT_BINARY_DIR}/all_backends.cc")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT
"// Written by cmake/Backend.cmake.
#include \"cli/all_backends.h\"

@includes@
namespace namesake::cli {

std::vector<std::unique_ptr<Backend>> AllBackends() {
  std::vector<std::unique_ptr<Backend>> backends;
@makes@  return backends;
}

}  // namespace namesake::cli
")
  target_sources(${target} PRIVATE "${source}")
endfunction()

# namesake_backend_programs(): the program namesake-backend-NAME of each backend that has a public
# header, in which a host runs it for one tenant (namesake/backend_program.h).
function(namesake_backend_programs)
  get_property(names GLOBAL PROPERTY NAMESAKE_BACKENDS)
  foreach(name IN LISTS names)
    get_target_property(header namesake_backend_${name} NAMESAKE_HEADER)
    get_target_property(factory namesake_backend_${name} NAMESAKE_FACTORY)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}_program.cc")
    file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT
"// Written by cmake/Backend.cmake.
#include \"@header@\"
#include \"namesake/backend_program.h\"

int main(int argc, char** argv) {
  return namesake::RunBackendProgram(argc, argv, namesake::@factory@());
}
")
    add_executable(namesake-backend-${name} "${source}")
    target_link_libraries(namesake-backend-${name} PRIVATE
      namesake_backend_program namesake_backend_${name} namesake_flags)
    set_target_properties(namesake-backend-${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/libexec/namesake"
      INSTALL_RPATH "$ORIGIN/../../${CMAKE_INSTALL_LIBDIR}/namesake")
  endforeach()
endfunction()
