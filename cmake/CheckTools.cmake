# cmake -DTOOLS=PATH;… -P CheckTools.cmake: fails with what to do where one is missing.
foreach(tool IN LISTS TOOLS)
  if(NOT EXISTS "${tool}")
    message(FATAL_ERROR
      "There is no ${tool}, with which guests become components. Run scripts/setup --tests, or "
      "configure with -DNAMESAKE_GUESTS=OFF -DNAMESAKE_PROBE=OFF.")
  endif()
endforeach()
