// Sizes and durations as people write them: "2 GiB", "250 ms".
//
// A quantity is a number, optionally with decimals, then at most one space, then a unit. The unit
// is required and spelled exactly like this:
//   B, KiB, MiB, GiB, TiB (powers of 1024), kB, MB, GB, TB (powers of 1000);
//   ns, us or µs, ms, s, min, h.
// Bytes and nanoseconds are integers: a number of "B" or "ns" has no decimals. Fractions of larger
// units are rounded down to a whole byte or nanosecond; what would become nothing is refused.
// Thread-safe.
#ifndef NAMESAKE_BASE_UNITS_H_
#define NAMESAKE_BASE_UNITS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "namesake/error.h"

namespace namesake::base {

// Errors of both functions: invalid_argument, quoting the text.
Result<std::uint64_t> ParseBytes(std::string_view text);
// From 0 to about 292 years.
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// Chooses the spelling with the smallest integer, such as "1536 MiB", "500 MB" or "90 s". The
// functions above read it back as the same value.
std::string BytesText(std::uint64_t bytes);
// For durations of 0 or more.
std::string DurationText(std::chrono::nanoseconds duration);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_UNITS_H_
