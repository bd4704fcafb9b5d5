// The limits that a file can set. The lists here are the only place that knows their keys: reading,
// checks and the reference all use them.
#ifndef NAMESAKE_CONFIG_LIMIT_SETTINGS_H_
#define NAMESAKE_CONFIG_LIMIT_SETTINGS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "config/document.h"
#include "config/values.h"
#include "namesake/limits.h"

namespace namesake::config {

enum class Unit : std::uint8_t { kCount, kBytes, kDuration };

template <typename Limits>
struct LimitSetting {
  using Count = std::optional<std::uint64_t> Limits::*;
  using Duration = std::optional<std::chrono::nanoseconds> Limits::*;

  std::string_view key;
  std::variant<Count, Duration> field;
  Unit unit = Unit::kCount;
  // The smallest sensible value, in `unit`: a count, bytes or nanoseconds.
  std::uint64_t least = 1;
  // The largest value. A limit that has one can't be "none".
  std::optional<std::uint64_t> most{};
  std::string_view sentence;
};

// Defined for HostLimits, TenantLimits and InstanceLimits.
template <typename Limits>
std::span<const LimitSetting<Limits>> LimitSettings();

// The limit in the setting's unit; empty for no limit.
template <typename Limits>
std::optional<std::uint64_t> LimitOf(const LimitSetting<Limits>& setting, const Limits& limits) {
  if (const auto* count = std::get_if<0>(&setting.field)) return limits.**count;
  const auto duration = limits.*std::get<1>(setting.field);
  if (!duration) return std::nullopt;
  return static_cast<std::uint64_t>(duration->count());
}

template <typename Limits>
void SetLimit(const LimitSetting<Limits>& setting, std::optional<std::uint64_t> value,
              Limits& limits) {
  if (const auto* count = std::get_if<0>(&setting.field)) {
    limits.** count = value;
    return;
  }
  auto& duration = limits.*std::get<1>(setting.field);
  duration.reset();
  if (value) duration.emplace(static_cast<std::int64_t>(*value));
}

// "3", "2 GiB", "250 ms".
std::string LimitText(Unit unit, std::uint64_t value);
// The same as a TOML value; "none" for no limit.
std::string LimitToml(Unit unit, std::optional<std::uint64_t> value);

// A limit's range, whatever the type of its setting.
struct LimitRange {
  Unit unit;
  std::uint64_t least;
  std::optional<std::uint64_t> most;
};
// "integer from 1", "size, at most 255 B".
std::string RangeText(const LimitRange& range);

struct LimitValue {
  std::optional<std::uint64_t> value;
};
// Empty if it has added a problem.
std::optional<LimitValue> ReadLimit(const Input& input, const LimitRange& range);

// A table of limits, and the places of those given in it.
template <typename Limits>
struct LimitsEntry {
  Limits limits{};
  std::map<std::string_view, Place, std::less<>> given{};
};

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_LIMIT_SETTINGS_H_
