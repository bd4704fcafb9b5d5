// Sizes and durations as people write them: "2 GiB", "250 ms".
//
// A number, decimal if need be, then at most one space, then a unit, which is always needed and
// spelled exactly so:
//   B, KiB, MiB, GiB, TiB (powers of 1024), kB, MB, GB, TB (powers of 1000);
//   ns, us or µs, ms, s, min, h.
// Bytes and nanoseconds are whole: a number of "B" or "ns" has no decimals, and what is left of
// larger units below one byte or one nanosecond is cut off, unless that would leave nothing.
// Thread-safe.
#ifndef NAMESAKE_BASE_UNITS_H_
#define NAMESAKE_BASE_UNITS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "namesake/error.h"

namespace namesake::base {

// Errors of both: invalid_argument, quoting the text.
Result<std::uint64_t> ParseBytes(std::string_view text);
// 0 or more, and at most about 292 years.
Result<std::chrono::nanoseconds> ParseDuration(std::string_view text);

// The spelling with the smallest whole number, such as "1536 MiB", "500 MB" or "90 s", which the
// functions above read back to the same value.
std::string BytesText(std::uint64_t bytes);
// Of 0 or more.
std::string DurationText(std::chrono::nanoseconds duration);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_UNITS_H_
