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
#include "config/values.h"
#include "namesake/config.h"

namespace namesake {
namespace {

using config::LimitSetting;

// A whole number where it is one, else a text.
config::Node ValueOf(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && rest == end) return {.value = number};
  return {.value = std::string(text)};
}

}  // namespace

Result<void> SetLimit(std::string_view key, std::string_view value, InstanceLimits& limits) {
  const auto settings = config::LimitSettings<InstanceLimits>();
  const auto setting = std::ranges::find(settings, key, &LimitSetting<InstanceLimits>::key);
  if (setting == settings.end()) {
    std::vector<std::string_view> known;
    for (const auto& candidate : settings) known.push_back(candidate.key);
    return Fail(ErrorCode::kInvalidArgument, "there is no limit \"{}\"{}", Printable(key),
                Suggestion(key, known));
  }
  const std::filesystem::path no_file;
  config::Problems problems(no_file, {});
  const config::Node node = ValueOf(value);
  const std::string no_table;
  const auto limit = config::ReadLimit({std::string(key), node, no_table, problems},
                                       {setting->unit, setting->least, setting->most});
  if (!limit) return Fail(ErrorCode::kInvalidArgument, "{}", problems.Take().front().message);
  config::SetLimit(*setting, limit->value, limits);
  return {};
}

}  // namespace namesake
