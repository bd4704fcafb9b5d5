# What `cmake --install` puts where: a tree that can be moved as a whole.
#
#   bin/namesake                     the command
#   libexec/namesake/                a program for each backend, in which hosts run it
#   lib/libnamesake.so …             the library, and one for each backend
#   lib/namesake/                    the libraries of ONNX Runtime and OpenVINO, where they come from their
#                                    Python packages
#   lib/cmake/namesake, lib/pkgconfig, include/namesake
#   include/namesake-wasmtime/       the headers of the engine in the library
#   share/doc/namesake/              this project's licence, and those of all else in the tree
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/namesake")
set(wasmtime_include_dir "${CMAKE_INSTALL_INCLUDEDIR}/namesake-wasmtime")
set(vendor_dir "${CMAKE_INSTALL_LIBDIR}/namesake")
set(doc_dir "${CMAKE_INSTALL_DATADIR}/doc/namesake")

set(libraries libnamesake libnamesake_backend_program)
foreach(name IN ITEMS onnxruntime openvino)
  if(TARGET libnamesake_${name})
    list(APPEND libraries libnamesake_${name})
  endif()
endforeach()
if(NAMESAKE_ENGINE)
  list(APPEND libraries libnamesake_wasmtime)
  install(DIRECTORY "${NAMESAKE_WASMTIME_INCLUDE}/" DESTINATION "${wasmtime_include_dir}"
    COMPONENT development)
endif()
install(TARGETS ${libraries} EXPORT namesake-targets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT development
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/namesake" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  COMPONENT development)
install(FILES "${PROJECT_BINARY_DIR}/include/namesake/version.h"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/namesake" COMPONENT development)
if(NOT NAMESAKE_SHARED AND NAMESAKE_ENGINE)
  install(FILES "$<TARGET_PROPERTY:namesake::wasmtime_archive,IMPORTED_LOCATION>"
    DESTINATION "${vendor_dir}" COMPONENT development)
endif()

install(EXPORT namesake-targets NAMESPACE namesake:: DESTINATION "${package_dir}" COMPONENT development)
configure_package_config_file(cmake/namesake-config.cmake.in
  "${PROJECT_BINARY_DIR}/package/namesake-config.cmake"
  INSTALL_DESTINATION "${package_dir}" PATH_VARS vendor_dir wasmtime_include_dir)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/namesake-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/namesake-config.cmake"
  "${PROJECT_BINARY_DIR}/package/namesake-config-version.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

# pkg-config knows the shared library alone.
if(NAMESAKE_SHARED)
  foreach(name IN LISTS libraries)
    string(REPLACE "_" "-" file "${name}")
    string(REGEX REPLACE "^lib" "" file "${file}")
    configure_file("cmake/${file}.pc.in" "${PROJECT_BINARY_DIR}/package/${file}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/package/${file}.pc"
      DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
  endforeach()
endif()

get_property(backends GLOBAL PROPERTY NAMESAKE_BACKENDS)
foreach(name IN LISTS backends)
  install(TARGETS namesake-backend-${name} RUNTIME DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/namesake"
    COMPONENT runtime)
endforeach()

set(license_sources --debian nlohmann-json3-dev libtomlplusplus-dev robin-map-dev)
if(TARGET namesake)
  install(TARGETS namesake RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT runtime)
  list(APPEND license_sources libcli11-dev)
endif()
if(NAMESAKE_ENGINE)
  list(APPEND license_sources --crate "${PROJECT_SOURCE_DIR}/rust" --cargo "${NAMESAKE_CARGO}")
endif()
# The library under the name that programs look for; an ONNX Runtime of the system's stays where it is.
get_property(onnxruntime GLOBAL PROPERTY NAMESAKE_ONNXRUNTIME_WHEEL)
if(onnxruntime)
  file(REAL_PATH "${onnxruntime}/capi/libonnxruntime.so.1" onnxruntime_library)
  install(FILES "${onnxruntime_library}" DESTINATION "${vendor_dir}" RENAME libonnxruntime.so.1
    COMPONENT runtime)
  set(onnxruntime_licenses "${PROJECT_BINARY_DIR}/package/onnxruntime_licenses")
  file(COPY "${onnxruntime}/LICENSE" "${onnxruntime}/ThirdPartyNotices.txt"
    DESTINATION "${onnxruntime_licenses}")
  list(APPEND license_sources --folder "onnxruntime=${onnxruntime_licenses}")
endif()
# An OpenVINO of the system's stays where it is; the package's would be missed in a moved tree.
if(NAMESAKE_OPENVINO)
  get_filename_component(openvino "${OpenVINO_DIR}/.." ABSOLUTE)
  file(GLOB openvino_licenses "${openvino}/../openvino-*.dist-info/licenses")
  if(IS_DIRECTORY "${openvino}/libs" AND openvino_licenses)
    install(DIRECTORY "${openvino}/libs/" DESTINATION "${vendor_dir}" COMPONENT runtime)
    list(APPEND license_sources --folder "openvino=${openvino_licenses}")
  endif()
endif()

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(licenses "${PROJECT_BINARY_DIR}/package/licenses")
add_custom_command(
  OUTPUT "${licenses}/README.txt"
  COMMAND "${Python3_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/cmake/collect_licenses.py" "${licenses}"
    ${license_sources}
  DEPENDS "${PROJECT_SOURCE_DIR}/cmake/collect_licenses.py" "${PROJECT_SOURCE_DIR}/rust/Cargo.lock"
  COMMENT "Collecting licences" VERBATIM)
add_custom_target(namesake_licenses ALL DEPENDS "${licenses}/README.txt")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${doc_dir}" COMPONENT runtime)
install(DIRECTORY "${licenses}" DESTINATION "${doc_dir}" COMPONENT runtime)
