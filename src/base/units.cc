#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <ranges>
#include <span>

#include "base/fail.h"
#include "base/text.h"

namespace namesake::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t scale;
};

// A kind of quantity. Of two units of the same scale, the first is used for output.
struct Quantity {
  std::string_view noun;
  std::string_view examples;
  std::string_view range;
  std::uint64_t most;
  std::span<const Unit> units;
};

constexpr auto kByteUnits = std::to_array<Unit>({
    {"B", 1},
    {"KiB", std::uint64_t{1} << 10},
    {"MiB", std::uint64_t{1} << 20},
    {"GiB", std::uint64_t{1} << 30},
    {"TiB", std::uint64_t{1} << 40},
    {"kB", 1'000},
    {"MB", 1'000'000},
    {"GB", 1'000'000'000},
    {"TB", 1'000'000'000'000},
});
constexpr Quantity kBytes = {
    .noun = "size",
    .examples = "\"2 GiB\" or \"500 MB\"",
    .range = "a size must be below 2^64 bytes",
    .most = std::numeric_limits<std::uint64_t>::max(),
    .units = kByteUnits,
};

constexpr auto kTimeUnits = std::to_array<Unit>({
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},  // The micro sign,
    {"\u03bcs", 1'000},  // and the Greek letter.
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"min", 60'000'000'000},
    {"h", 3'600'000'000'000},
});
constexpr Quantity kDuration = {
    .noun = "duration",
    .examples = "\"250 ms\" or \"1.5 s\"",
    .range = "a duration must be below 2^63 nanoseconds (292 years)",
    .most = std::numeric_limits<std::int64_t>::max(),
    .units = kTimeUnits,
};

std::string_view TakeDigits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::uint64_t ValueOf(char digit) { return static_cast<std::uint64_t>(digit - '0'); }

// Returns `digits` times `scale`; empty if that exceeds `most`.
std::optional<std::uint64_t> Scale(std::string_view digits, std::uint64_t scale,
                                   std::uint64_t most) {
  const std::uint64_t most_number = most / scale;
  std::uint64_t number = 0;
  for (const char digit : digits) {
    if (most_number < ValueOf(digit) || number > (most_number - ValueOf(digit)) / 10) {
      return std::nullopt;
    }
    number = number * 10 + ValueOf(digit);
  }
  return number * scale;
}

// Returns "0.`decimals`" times `scale`, rounded down. Exact for any number of digits: for an
// integer n, the floor of (n + x) / 10 equals that of (n + floor(x)) / 10.
std::uint64_t ScaleDecimals(std::string_view decimals, std::uint64_t scale) {
  std::uint64_t sum = 0;
  for (const char digit : std::views::reverse(decimals)) sum = (ValueOf(digit) * scale + sum) / 10;
  return sum;
}

// A number and its unit, split; `decimals` is empty if there is no point.
struct Parts {
  std::string_view whole;
  std::string_view decimals;
  std::string_view unit;
};

// Empty if the text does not have that form.
std::optional<Parts> Split(std::string_view text) {
  Parts parts{};
  parts.whole = TakeDigits(text);
  if (parts.whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    parts.decimals = TakeDigits(text);
    if (parts.decimals.empty()) return std::nullopt;
  }
  if (text.starts_with(' ')) text.remove_prefix(1);
  parts.unit = text;
  return parts;
}

// Other spellings, and the units they stand for.
struct Alias {
  std::string_view name;  // In lower case.
  std::string_view meant;
  // Set if the spelling is ambiguous.
  std::string_view or_meant{};
};

constexpr auto kAliases = std::to_array<Alias>({
    {"byte", "B"},          {"bytes", "B"},      {"b", "B"},          {"kib", "KiB"},
    {"mib", "MiB"},         {"gib", "GiB"},      {"tib", "TiB"},      {"ki", "KiB"},
    {"mi", "MiB"},          {"gi", "GiB"},       {"ti", "TiB"},       {"k", "KiB"},
    {"m", "MiB"},           {"g", "GiB"},        {"t", "TiB"},        {"kb", "kB", "KiB"},
    {"mb", "MB", "MiB"},    {"gb", "GB", "GiB"}, {"tb", "TB", "TiB"}, {"sec", "s"},
    {"secs", "s"},          {"second", "s"},     {"seconds", "s"},    {"m", "min"},
    {"mins", "min"},        {"minute", "min"},   {"minutes", "min"},  {"hr", "h"},
    {"hrs", "h"},           {"hour", "h"},       {"hours", "h"},      {"msec", "ms"},
    {"msecs", "ms"},        {"millis", "ms"},    {"usec", "us"},      {"nsec", "ns"},
    {"milliseconds", "ms"},
});

bool Has(const Quantity& quantity, std::string_view unit) {
  return std::ranges::find(quantity.units, unit, &Unit::name) != quantity.units.end();
}

std::string_view Trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// Suggests how to write a malformed quantity, as it was meant if that can be guessed.
std::string Hint(std::string_view text, const Quantity& quantity) {
  const std::string example = fmt::format("write it like {}", quantity.examples);
  const auto parts = Split(Trim(text));
  if (!parts) return example;
  const std::string_view trimmed = Trim(text);
  const std::string_view amount = trimmed.substr(
      0, parts->whole.size() + (parts->decimals.empty() ? 0 : 1) + parts->decimals.size());
  const std::string_view unit = Trim(parts->unit);
  if (Has(quantity, unit)) return fmt::format("did you mean \"{} {}\"?", amount, unit);
  const std::string lower = ToLower(unit);
  if (Has(quantity, lower)) return fmt::format("did you mean \"{} {}\"?", amount, lower);
  for (const Alias& alias : kAliases) {
    if (alias.name != lower || !Has(quantity, alias.meant)) continue;
    if (alias.or_meant.empty()) return fmt::format("did you mean \"{} {}\"?", amount, alias.meant);
    return fmt::format("did you mean \"{} {}\" (powers of 1000) or \"{} {}\" (of 1024)?", amount,
                       alias.meant, amount, alias.or_meant);
  }
  return example;
}

Result<std::uint64_t> Parse(std::string_view text, const Quantity& quantity) {
  const std::string quoted = Printable(text);
  const auto malformed = [&] {
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is not a {}; {}", quoted, quantity.noun,
                Hint(text, quantity));
  };
  if (text.starts_with('-')) {
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is not a {}: it is negative", quoted,
                quantity.noun);
  }
  const auto parts = Split(text);
  if (!parts) return malformed();
  if (parts->unit.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is not a {}: it has no unit; write it like {}",
                quoted, quantity.noun, quantity.examples);
  }
  const auto unit = std::ranges::find(quantity.units, parts->unit, &Unit::name);
  if (unit == quantity.units.end()) return malformed();
  if (unit->scale == 1 && !parts->decimals.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is not a {}: the smallest unit is 1 {}",
                quoted, quantity.noun, unit->name);
  }
  const auto whole = Scale(parts->whole, unit->scale, quantity.most);
  const std::uint64_t decimals = ScaleDecimals(parts->decimals, unit->scale);
  if (!whole || *whole > quantity.most - decimals) {
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is too large: {}", quoted, quantity.range);
  }
  const std::uint64_t value = *whole + decimals;
  if (value == 0 && parts->decimals.find_first_not_of('0') != std::string_view::npos) {
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is not a {}: the smallest unit is 1 {}",
                quoted, quantity.noun, quantity.units.front().name);
  }
  return value;
}

std::string Text(std::uint64_t value, const Quantity& quantity, std::string_view unit_of_zero) {
  if (value == 0) return fmt::format("0 {}", unit_of_zero);
  const Unit* best = &quantity.units.front();
  for (const Unit& unit : quantity.units) {
    if (value % unit.scale == 0 && unit.scale > best->scale) best = &unit;
  }
  return fmt::format("{} {}", value / best->scale, best->name);
}

}  // namespace

Result<std::uint64_t> ParseBytes(std::string_view text) { return Parse(text, kBytes); }

Result<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  const auto nanoseconds = Parse(text, kDuration);
  if (!nanoseconds) return Fail(nanoseconds);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(*nanoseconds));
}

std::string BytesText(std::uint64_t bytes) { return Text(bytes, kBytes, "B"); }

std::string DurationText(std::chrono::nanoseconds duration) {
  return Text(static_cast<std::uint64_t>(duration.count()), kDuration, "s");
}

}  // namespace namesake::base
