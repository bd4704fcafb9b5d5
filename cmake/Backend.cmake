# namesake_backend(NAME HEADER … FACTORY … ENCODINGS … [OPTIONS …] [LIBRARY_DIR …] SOURCES … [LIBRARIES …])
#
# A folder under backends/ as a layer of its own, backend_NAME, that may include graph and base alone.
# HEADER is its public header beneath include/, and FACTORY the function in it that makes the backend.
# ENCODINGS are those that it reads, as cases of namesake::Encoding without their k: a host knows them
# before it starts the backend's program. OPTIONS are the keys of the options that it knows. LIBRARY_DIR has the vendor's libraries, where no guest may write.
# Each call adds its NAME to the global property NAMESAKE_BACKENDS, in the order in which the
# command prefers them.
function(namesake_backend name)
  cmake_parse_arguments(arg "" "HEADER;FACTORY;LIBRARY_DIR" "ENCODINGS;OPTIONS;SOURCES;LIBRARIES" ${ARGN})
  namesake_layer(backend_${name} SOURCES ${arg_SOURCES} DEPENDS graph base LIBRARIES ${arg_LIBRARIES})
  set_target_properties(namesake_backend_${name} PROPERTIES
    NAMESAKE_HEADER "${arg_HEADER}" NAMESAKE_FACTORY "${arg_FACTORY}"
    NAMESAKE_ENCODINGS "${arg_ENCODINGS}" NAMESAKE_OPTIONS "${arg_OPTIONS}" NAMESAKE_LIBRARY_DIR "${arg_LIBRARY_DIR}")
  set_property(GLOBAL APPEND PROPERTY NAMESAKE_BACKENDS ${name})
endfunction()

# The library namesake::NAME of each backend that has a public header.
function(namesake_backend_libraries)
  get_property(names GLOBAL PROPERTY NAMESAKE_BACKENDS)
  foreach(name IN LISTS names)
    namesake_library(libnamesake_${name} NAME ${name} LAYERS backend_${name})
    namesake_above_library(libnamesake_${name})
  endforeach()
endfunction()

# namesake_known_backends(TARGET): gives TARGET the list of all backends that are built
# (src/worker/known_backends.h).
function(namesake_known_backends target)
  get_property(names GLOBAL PROPERTY NAMESAKE_BACKENDS)
  set(lists "")
  set(known "")
  foreach(name IN LISTS names)
    get_target_property(encodings namesake_backend_${name} NAMESAKE_ENCODINGS)
    get_target_property(options namesake_backend_${name} NAMESAKE_OPTIONS)
    get_target_property(library_dir namesake_backend_${name} NAMESAKE_LIBRARY_DIR)
    list(TRANSFORM encodings PREPEND "Encoding::k")
    list(JOIN encodings ", " encodings)
    list(LENGTH options option_count)
    list(TRANSFORM options REPLACE "(.+)" "\"\\1\"")
    list(JOIN options ", " options)
    string(APPEND lists "constexpr std::array kEncodingsOf_${name} = {${encodings}};\n"
      "constexpr std::array<std::string_view, ${option_count}> kOptionsOf_${name} = {${options}};\n")
    string(APPEND known "{\"${name}\", kEncodingsOf_${name}, kOptionsOf_${name}, \"${library_dir}\"}, ")
  endforeach()
  list(LENGTH names count)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/known_backends.cc")
  file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT
"// Written by cmake/Backend.cmake.
#include \"worker/known_backends.h\"

#include <array>

namespace namesake::worker {
namespace {

@lists@
const std::array<KnownBackend, @count@> kKnown = {{@known@}};

}  // namespace

std::span<const KnownBackend> KnownBackends() { return kKnown; }

}  // namespace namesake::worker
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
