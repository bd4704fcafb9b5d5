#include "backend_onnxruntime/options.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <thread>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/text.h"

namespace namesake::onnxruntime {
namespace {

constexpr std::array<std::string_view, 1> kKeys = {"threads"};
// Far more than any machine has processors: each thread takes a stack.
constexpr std::uint64_t kMaxThreads = 4096;

Result<int> ParseThreads(std::string_view value, Origin origin) {
  const auto count = base::ParseDigits(value);
  if (!count || *count < 1 || *count > kMaxThreads) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "option \"threads\" of the onnxruntime backend can't be \"{}\"; expected an "
                      "integer from 1 to {}",
                      base::Printable(value), kMaxThreads);
  }
  const unsigned processors = std::max(std::thread::hardware_concurrency(), 1U);
  if (origin == Origin::kGuest && *count > processors) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "option \"threads\" of the onnxruntime backend can't be {} for a guest: the "
                      "most is {}, the number of processors",
                      *count, processors);
  }
  return static_cast<int>(*count);
}

}  // namespace

bool KnowsOption(std::string_view key) { return std::ranges::find(kKeys, key) != kKeys.end(); }

Result<Config> MakeConfig(const BackendOptions& options, Origin origin) {
  Config config;
  for (const auto& [key, value] : options) {
    if (!KnowsOption(key)) {
      return base::Fail(ErrorCode::kInvalidArgument,
                        "the onnxruntime backend has no option \"{}\"{}", base::Printable(key),
                        base::Suggestion(key, kKeys));
    }
    const auto threads = ParseThreads(value, origin);
    if (!threads) return base::Fail(threads);
    config.threads = *threads;
  }
  return config;
}

std::vector<OptionProblem> CheckOptions(const BackendOptions& options, Origin origin) {
  std::vector<OptionProblem> problems;
  for (const auto& option : options) {
    const auto config = MakeConfig({option}, origin);
    if (!config) problems.push_back({option.first, config.error().detail()});
  }
  return problems;
}

}  // namespace namesake::onnxruntime
