#include "backend_onnxruntime/options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/fail.h"
#include "graph/backend_options.h"

namespace namesake::onnxruntime {
namespace {

constexpr std::string_view kBackend = "onnxruntime";
constexpr std::array<std::string_view, 1> kKeys = {"threads"};

}  // namespace

bool KnowsOption(std::string_view key) { return std::ranges::find(kKeys, key) != kKeys.end(); }

Result<Config> MakeConfig(const BackendOptions& options, Origin origin) {
  Config config;
  for (const auto& [key, value] : options) {
    if (!KnowsOption(key)) return graph::NoOption(kBackend, key, kKeys);
    const auto threads = graph::ParseCountOption(kBackend, key, value, origin);
    if (!threads) return base::Fail(threads);
    config.threads = *threads;
  }
  return config;
}

std::vector<OptionProblem> CheckOptions(const BackendOptions& options, Origin origin) {
  return graph::CheckEachOption(options, [&](const BackendOptions& option) -> Result<void> {
    const auto config = MakeConfig(option, origin);
    if (!config) return base::Fail(config);
    return {};
  });
}

}  // namespace namesake::onnxruntime
