# Flags for Namesake's own code. They are on its own targets only, never on those that link them.

find_program(NAMESAKE_CCACHE ccache)
if(NAMESAKE_CCACHE)
  # A precompiled header's time and macros are in the hash of its content already.
  set(launcher "${CMAKE_COMMAND}" -E env "CCACHE_SLOPPINESS=pch_defines,time_macros" "${NAMESAKE_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER "${launcher}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${launcher}")
endif()

# The engine's archive has 100 MB: the default linker needs ten times as long as these.
include(CheckLinkerFlag)
foreach(linker IN ITEMS mold lld)
  check_linker_flag(CXX "-fuse-ld=${linker}" NAMESAKE_HAS_${linker})
  if(NAMESAKE_HAS_${linker})
    add_link_options("-fuse-ld=${linker}")
    break()
  endif()
endforeach()
add_link_options("-Wl,--gc-sections" "-Wl,--as-needed")

# Line tables are enough for a sanitizer's report.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer")

add_library(namesake_flags INTERFACE)
target_compile_options(namesake_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -ffunction-sections -fdata-sections
  # Clang reports what libstdc++'s own sorting uses; g++ reports our own uses only.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(NAMESAKE_WERROR)
  target_compile_options(namesake_flags INTERFACE -Werror)
endif()
if(NAMESAKE_SANITIZE)
  target_compile_options(namesake_flags INTERFACE
    -fsanitize=${NAMESAKE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(namesake_flags INTERFACE -fsanitize=${NAMESAKE_SANITIZE})
endif()
