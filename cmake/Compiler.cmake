# Flags for our own code. They are on targets of ours only, never on those who link us.

find_program(NAMESAKE_CCACHE ccache)
if(NAMESAKE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${NAMESAKE_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${NAMESAKE_CCACHE}")
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
  -Woverloaded-virtual -Wold-style-cast -Werror -ffunction-sections -fdata-sections
  # Clang tells of what libstdc++'s own sorting uses; g++ tells of ours alone.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(NAMESAKE_SANITIZE)
  target_compile_options(namesake_flags INTERFACE
    -fsanitize=${NAMESAKE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(namesake_flags INTERFACE -fsanitize=${NAMESAKE_SANITIZE})
endif()
