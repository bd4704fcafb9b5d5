// Checks what a fuzz target requires of the code under test.
#ifndef NAMESAKE_FUZZ_REQUIRE_H_
#define NAMESAKE_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace namesake::fuzz {

// Ends the process if `holds` is false, so that the fuzzer saves the input.
inline void Require(bool holds, const char* claim,
                    std::source_location at = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: does not hold: %s\n", at.file_name(), at.line(), claim);
  std::abort();
}

}  // namespace namesake::fuzz

#endif  // NAMESAKE_FUZZ_REQUIRE_H_
