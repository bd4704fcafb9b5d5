# The standard library's headers and fmt's, compiled once for all sources instead of once for each.
# That a source includes what it uses is seen where Namesake is built without them: as part of another
# project (tests/consumers).
#
# Options, and whether the code is for a library or for a program, must be as where they are used: so
# there are two, and they take the flags of all of Namesake's own code.

set(namesake_precompiled_headers
  <algorithm> <array> <atomic> <chrono> <condition_variable> <cstddef> <cstdint> <cstring> <expected>
  <filesystem> <functional> <map> <memory> <mutex> <optional> <ranges> <set> <span> <stop_token>
  <string> <string_view> <thread> <tuple> <unordered_map> <utility> <variant> <vector>
  <fmt/format.h> <fmt/ranges.h>)

if(NAMESAKE_PCH)
  # The standard library's default, which OpenVINO's targets define all the same.
  target_compile_definitions(namesake_flags INTERFACE _GLIBCXX_USE_CXX11_ABI=1)
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/precompiled.cc"
    CONTENT "// Every target has a source.\n")
  add_library(namesake_precompiled STATIC "${PROJECT_BINARY_DIR}/precompiled.cc")
  target_link_libraries(namesake_precompiled PRIVATE namesake_flags fmt::fmt spdlog::spdlog)
  target_precompile_headers(namesake_precompiled PRIVATE ${namesake_precompiled_headers})
endif()

# For a library of Namesake's own.
function(namesake_use_precompiled_headers target)
  if(NAMESAKE_PCH)
    target_precompile_headers(${target} REUSE_FROM namesake_precompiled)
  endif()
endfunction()
