#include "base/units.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/matchers.h"

namespace namesake {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using test::Fails;
using test::IsOk;

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

TEST(Units, BytesHaveBinaryAndDecimalUnits) {
  const std::vector<std::pair<std::string, std::uint64_t>> cases = {
      {"0 B", 0},
      {"1 B", 1},
      {"3 KiB", 3ULL << 10},
      {"3 MiB", 3ULL << 20},
      {"2 GiB", 2ULL << 30},
      {"2 TiB", 2ULL << 40},
      {"7 kB", 7'000},
      {"500 MB", 500'000'000},
      {"7 GB", 7'000'000'000},
      {"7 TB", 7'000'000'000'000},
      {"2GiB", 2ULL << 30},
      {"1.5 GiB", 3ULL << 29},
      {"1.50GiB", 3ULL << 29},
      {"007 kB", 7'000},
      {"0.0 GiB", 0},
      {"18446744073709551615 B", UINT64_MAX},
      {"18446744073709551.615 kB", UINT64_MAX},
      {"16777215.99999999999999999999 TiB", UINT64_MAX},
  };
  for (const auto& [text, bytes] : cases) EXPECT_EQ(base::ParseBytes(text), bytes) << text;
}

TEST(Units, DurationsGoFromNanosecondsToHours) {
  const std::vector<std::pair<std::string, nanoseconds>> cases = {
      {"0 s", 0ns},
      {"1 ns", 1ns},
      {"2 us", 2us},
      {"2 \u00b5s", 2us},
      {"2 \u03bcs", 2us},
      {"250 ms", 250ms},
      {"250ms", 250ms},
      {"1.5 s", 1500ms},
      {"0.25 min", 15s},
      {"2 h", 2h},
      {"9223372036854775807 ns", nanoseconds::max()},
  };
  for (const auto& [text, duration] : cases) EXPECT_EQ(base::ParseDuration(text), duration) << text;
}

TEST(Units, WhatIsBelowTheSmallestUnitIsCutOff) {
  EXPECT_EQ(base::ParseBytes("0.1 GiB"), 107374182U);  // Cuts off 0.4 bytes.
  EXPECT_EQ(base::ParseBytes("0.00195312499999999999999 KiB"), 1U);
  EXPECT_EQ(base::ParseBytes("0.001953125 KiB"), 2U);
  EXPECT_EQ(base::ParseDuration("0.0000000019999 s"), 1ns);
}

TEST(Units, NothingIsTakenForTooLittle) {
  const std::string too_small = " is not a size: the smallest unit is 1 B";
  for (const char* text : {"0.0001 KiB", "0.00000000000000000001 TB", "1.5 B", "1.0 B"}) {
    EXPECT_THAT(base::ParseBytes(text),
                Fails(ErrorCode::kInvalidArgument, Quoted(text) + too_small));
  }
  EXPECT_THAT(base::ParseDuration("0.1 ns"),
              Fails(ErrorCode::kInvalidArgument,
                    "\"0.1 ns\" is not a duration: the smallest unit is 1 ns"));
}

TEST(Units, WhatIsNoSizeIsShownHowToWriteOne) {
  for (const char* text : {"", " ", "B", "GiB", "+2 GiB", ".5 GiB", "5. GiB", "1,5 GiB",
                           "1.5.5 GiB", "1e3 MB", "0x10 B", "2 s", "2\tGiB", "two MB", "2 PB"}) {
    EXPECT_THAT(base::ParseBytes(text),
                Fails(ErrorCode::kInvalidArgument,
                      Quoted(text == std::string("2\tGiB") ? "2\\x09GiB" : text) +
                          " is not a size; write it like \"2 GiB\" or \"500 MB\""));
  }
  for (const char* text : {"", "ms", "2 d", "2 GiB", "1:30 min"}) {
    EXPECT_THAT(base::ParseDuration(text),
                Fails(ErrorCode::kInvalidArgument,
                      Quoted(text) + " is not a duration; write it like \"250 ms\" or \"1.5 s\""));
  }
}

TEST(Units, AUnitOfAnotherSpellingIsShownAsItWasMeant) {
  const std::vector<std::pair<std::string, std::string>> sizes = {
      {"256M", "256 MiB"}, {"1G", "1 GiB"},      {"2 K", "2 KiB"},    {"2 Gib", "2 GiB"},
      {"2 gib", "2 GiB"},  {"1.5Ti", "1.5 TiB"}, {"2  GiB", "2 GiB"}, {" 2 GiB", "2 GiB"},
      {"2 GiB ", "2 GiB"}, {"7 bytes", "7 B"},   {"7b", "7 B"},
  };
  for (const auto& [text, meant] : sizes) {
    EXPECT_THAT(base::ParseBytes(text),
                Fails(ErrorCode::kInvalidArgument,
                      Quoted(text) + " is not a size; did you mean " + Quoted(meant) + "?"));
    EXPECT_THAT(base::ParseBytes(meant), IsOk());
  }
  const std::vector<std::pair<std::string, std::string>> durations = {
      {"2 m", "2 min"}, {"2 sec", "2 s"},       {"2 MS", "2 ms"},
      {"2 S", "2 s"},   {"1.5 hours", "1.5 h"}, {"250  ms", "250 ms"},
  };
  for (const auto& [text, meant] : durations) {
    EXPECT_THAT(base::ParseDuration(text),
                Fails(ErrorCode::kInvalidArgument,
                      Quoted(text) + " is not a duration; did you mean " + Quoted(meant) + "?"));
    EXPECT_THAT(base::ParseDuration(meant), IsOk());
  }
}

// A unit that a program silently misreads by 7 percent is worse than an error.
TEST(Units, AUnitThatCouldBeEitherIsShownAsBoth) {
  EXPECT_THAT(base::ParseBytes("1KB"),
              Fails(ErrorCode::kInvalidArgument,
                    "\"1KB\" is not a size; did you mean \"1 kB\" (powers of 1000) or \"1 KiB\" "
                    "(of 1024)?"));
  EXPECT_THAT(base::ParseBytes("1.5 gb"),
              Fails(ErrorCode::kInvalidArgument,
                    "\"1.5 gb\" is not a size; did you mean \"1.5 GB\" (powers of 1000) or "
                    "\"1.5 GiB\" (of 1024)?"));
}

TEST(Units, AUnitIsAlwaysNeeded) {
  EXPECT_THAT(base::ParseBytes("0"),
              Fails(ErrorCode::kInvalidArgument,
                    "\"0\" is not a size: it has no unit; write it like \"2 GiB\" or \"500 MB\""));
  EXPECT_THAT(base::ParseDuration("1.5 "),
              Fails(ErrorCode::kInvalidArgument,
                    "\"1.5 \" is not a duration: it has no unit; write it like \"250 ms\" or "
                    "\"1.5 s\""));
}

TEST(Units, NegativeIsNamed) {
  EXPECT_THAT(base::ParseBytes("-1 MB"),
              Fails(ErrorCode::kInvalidArgument, "\"-1 MB\" is not a size: it is negative"));
  EXPECT_THAT(base::ParseDuration("-0 s"),
              Fails(ErrorCode::kInvalidArgument, "\"-0 s\" is not a duration: it is negative"));
}

TEST(Units, MoreThanFitsIsNamed) {
  for (const char* text :
       {"18446744073709551616 B", "18446744073709551.616 kB", "16777216 TiB", "18446744073710 MB",
        "99999999999999999999999999 GB", "20000000.5 TiB"}) {
    EXPECT_THAT(base::ParseBytes(text),
                Fails(ErrorCode::kInvalidArgument,
                      Quoted(text) + " is too large: a size must be below 2^64 bytes"));
  }
  for (const char* text : {"9223372036854775808 ns", "9223372036.854775808 s", "2562048 h"}) {
    EXPECT_THAT(base::ParseDuration(text),
                Fails(ErrorCode::kInvalidArgument,
                      Quoted(text) +
                          " is too large: a duration must be below 2^63 nanoseconds (292 years)"));
  }
}

TEST(Units, BytesAreWrittenWithTheSmallestWholeNumber) {
  const std::vector<std::pair<std::uint64_t, std::string>> cases = {
      {0, "0 B"},
      {1, "1 B"},
      {1023, "1023 B"},
      {1024, "1 KiB"},
      {1000, "1 kB"},
      {1'024'000, "1000 KiB"},
      {3ULL << 29, "1536 MiB"},
      {2ULL << 30, "2 GiB"},
      {500'000'000, "500 MB"},
      {1ULL << 50, "1024 TiB"},
      {UINT64_MAX, "18446744073709551615 B"},
  };
  for (const auto& [bytes, text] : cases) EXPECT_EQ(base::BytesText(bytes), text);
}

TEST(Units, DurationsAreWrittenWithTheSmallestWholeNumber) {
  const std::vector<std::pair<nanoseconds, std::string>> cases = {
      {0ns, "0 s"},        {1ns, "1 ns"},
      {1500ns, "1500 ns"}, {2us, "2 us"},
      {250ms, "250 ms"},   {1500ms, "1500 ms"},
      {90s, "90 s"},       {120s, "2 min"},
      {36h, "36 h"},       {nanoseconds::max(), "9223372036854775807 ns"},
  };
  for (const auto& [duration, text] : cases) EXPECT_EQ(base::DurationText(duration), text);
}

TEST(Units, WhatIsWrittenIsReadBack) {
  for (std::uint64_t value = 1; value < UINT64_MAX / 7; value = value * 7 / 2 + 1) {
    for (const std::uint64_t bytes :
         {value, value / 1000 * 1000, value & ~std::uint64_t{0xFFFFF}}) {
      EXPECT_EQ(base::ParseBytes(base::BytesText(bytes)), bytes);
      const nanoseconds duration(static_cast<std::int64_t>(bytes / 2));
      EXPECT_EQ(base::ParseDuration(base::DurationText(duration)), duration);
    }
  }
}

}  // namespace
}  // namespace namesake
