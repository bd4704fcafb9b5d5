# namesake_library(TARGET NAME name LAYERS layer … [WHOLE target …])
#
# Layers put together as one library to embed: TARGET in the build, namesake::NAME to those who use it,
# a shared or a static one by NAMESAKE_SHARED. WHOLE are static libraries of which a shared one exports
# what cmake/exports.map says.
function(namesake_library target)
  cmake_parse_arguments(arg "" "NAME" "LAYERS;WHOLE" ${ARGN})
  string(REGEX REPLACE "^lib" "" output "${target}")
  set(libraries "")
  set(sources "")
  foreach(layer IN LISTS arg_LAYERS)
    get_target_property(of_layer namesake_${layer} NAMESAKE_LIBRARIES)
    list(APPEND libraries ${of_layer})
    list(APPEND sources $<TARGET_OBJECTS:namesake_${layer}>)
  endforeach()
  list(REMOVE_DUPLICATES libraries)
  list(REMOVE_ITEM libraries "" ${arg_WHOLE})
  list(FILTER libraries EXCLUDE REGEX "_headers$")
  if(NAMESAKE_SHARED)
    add_library(${target} SHARED ${sources})
    # Only this library needs them, so that those who link it need not find them.
    list(TRANSFORM libraries REPLACE "(.+)" "$<BUILD_INTERFACE:\\1>")
    foreach(whole IN LISTS arg_WHOLE)
      list(APPEND libraries "$<BUILD_INTERFACE:$<LINK_LIBRARY:WHOLE_ARCHIVE,${whole}>>")
    endforeach()
    target_link_options(${target} PRIVATE
      "LINKER:--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map")
    set_target_properties(${target} PROPERTIES LINK_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/exports.map")
  else()
    add_library(${target} STATIC ${sources})
    list(APPEND libraries ${arg_WHOLE})
  endif()
  target_link_libraries(${target} PRIVATE ${libraries} $<BUILD_INTERFACE:namesake_flags>)
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  set_target_properties(${target} PROPERTIES
    LINKER_LANGUAGE CXX
    OUTPUT_NAME ${output}
    EXPORT_NAME ${arg_NAME}
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
    ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib"
    VERSION ${PROJECT_VERSION}
    # Before 1.0 a minor version may change the interface.
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    INSTALL_RPATH "$ORIGIN;$ORIGIN/namesake")
  # A build of Namesake's own that installs nothing tests the layers.
  if(PROJECT_IS_TOP_LEVEL AND NOT NAMESAKE_INSTALL)
    set_target_properties(${target} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  add_library(namesake::${arg_NAME} ALIAS ${target})
endfunction()

# namesake_above_library(TARGET): a library of layers that stands on libnamesake. That comes first: what
# it exports, the log's state above all, is used from there, and only what it hides is taken from the
# layers.
function(namesake_above_library target)
  target_link_libraries(${target} PUBLIC libnamesake)
  if(NAMESAKE_SHARED)
    target_link_libraries(${target} PRIVATE
      $<BUILD_INTERFACE:namesake_graph> $<BUILD_INTERFACE:namesake_base>)
  endif()
endfunction()

# The headers of the engine that is in the library, apart from those of a Wasmtime of the system's.
function(namesake_wasmtime_headers)
  add_library(libnamesake_wasmtime INTERFACE)
  target_link_libraries(libnamesake_wasmtime INTERFACE libnamesake)
  target_include_directories(libnamesake_wasmtime SYSTEM INTERFACE
    $<BUILD_INTERFACE:${NAMESAKE_WASMTIME_INCLUDE}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/namesake-wasmtime>)
  add_dependencies(libnamesake_wasmtime namesake_wasmtime_build)
  set_target_properties(libnamesake_wasmtime PROPERTIES EXPORT_NAME wasmtime)
  add_library(namesake::wasmtime ALIAS libnamesake_wasmtime)
endfunction()
