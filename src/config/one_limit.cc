#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/limit_settings.h"
#include "config/problems.h"
#include "config/renamed.h"
#include "config/values.h"
#include "namesake/config.h"

namespace namesake {
namespace {

using config::LimitSetting;

// Parses a count as an integer; everything else on a command line is a string.
config::Node ValueOf(std::string_view text, config::Unit unit) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const bool is_number = error == std::errc() && rest == end;
  if (unit == config::Unit::kCount && is_number) return {.value = number};
  return {.value = std::string(text)};
}

template <typename Limits>
Result<void> SetOne(std::string_view key, std::string_view value, Limits& limits) {
  const auto settings = config::LimitSettings<Limits>();
  const auto setting = std::ranges::find(settings, key, &LimitSetting<Limits>::key);
  if (setting == settings.end()) {
    std::vector<std::string_view> known;
    for (const auto& candidate : settings) known.push_back(candidate.key);
    if (const auto renamed = config::NewNameOf(key);
        renamed && std::ranges::find(known, *renamed) != known.end()) {
      return base::Fail(ErrorCode::kInvalidArgument, "{} is now called {}", key, *renamed);
    }
    return base::Fail(ErrorCode::kInvalidArgument, "unknown limit \"{}\"{}", base::Printable(key),
                      base::Suggestion(key, known));
  }
  const std::filesystem::path no_file;
  config::Problems problems(no_file, {});
  const config::Node node = ValueOf(value, setting->unit);
  const std::string no_table;
  const auto limit = config::ReadLimit({std::string(key), node, no_table, problems},
                                       {setting->unit, setting->least, setting->most});
  if (!limit) return base::Fail(ErrorCode::kInvalidArgument, "{}", problems.Take().front().message);
  config::SetLimit(*setting, limit->value, limits);
  return {};
}

}  // namespace

Result<void> SetLimit(std::string_view key, std::string_view value, InstanceLimits& limits) {
  return SetOne(key, value, limits);
}

Result<void> SetLimit(std::string_view key, std::string_view value, HostLimits& limits) {
  return SetOne(key, value, limits);
}

}  // namespace namesake
