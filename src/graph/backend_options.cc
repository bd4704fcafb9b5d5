#include "graph/backend_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/text.h"

namespace namesake::graph {

std::unexpected<Error> NoOption(std::string_view backend, std::string_view key,
                                std::span<const std::string_view> known) {
  return base::Fail(ErrorCode::kInvalidArgument, "the {} backend has no option \"{}\"{}", backend,
                    base::Printable(key), base::Suggestion(key, known));
}

std::unexpected<Error> BadOption(std::string_view backend, std::string_view key,
                                 std::string_view value, std::string_view valid) {
  return base::Fail(ErrorCode::kInvalidArgument,
                    "option \"{}\" of the {} backend can't be \"{}\"; expected {}", key, backend,
                    base::Printable(value), valid);
}

Result<std::int32_t> ParseCountOption(std::string_view backend, std::string_view key,
                                      std::string_view value, Origin origin) {
  const auto count = base::ParseDigits(value);
  if (!count || *count < 1 || *count > kMaxCount) {
    return BadOption(backend, key, value, fmt::format("an integer from 1 to {}", kMaxCount));
  }
  const unsigned processors = std::max(std::thread::hardware_concurrency(), 1U);
  if (origin == Origin::kGuest && *count > processors) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "option \"{}\" of the {} backend can't be {} for a guest: the most is {}, "
                      "the number of processors",
                      key, backend, *count, processors);
  }
  return static_cast<std::int32_t>(*count);
}

std::vector<OptionProblem> CheckEachOption(
    const BackendOptions& options,
    const std::function<Result<void>(const BackendOptions&)>& check) {
  std::vector<OptionProblem> problems;
  for (const auto& option : options) {
    const auto checked = check({option});
    if (!checked) problems.push_back({option.first, checked.error().detail()});
  }
  return problems;
}

void AddOptions(const BackendOptions& options, CacheKey::Builder& key) {
  for (const auto& [name, value] : options) {
    key.Add(name);
    key.Add(value);
  }
}

}  // namespace namesake::graph
