#include "backend_openvino/options.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <openvino/runtime/properties.hpp>
#include <optional>
#include <thread>

#include "base/fail.h"
#include "graph/backend_options.h"
#include "graph/signature_choice.h"

namespace namesake::openvino {
namespace {

constexpr std::string_view kBackend = "openvino";
constexpr std::array<std::string_view, 5> kKeys = {"inference_precision", "performance_hint",
                                                   graph::kSignatureOption, "streams", "threads"};

std::optional<ov::element::Type> ParsePrecision(std::string_view text) {
  if (text == "f32") return ov::element::f32;
  if (text == "f16") return ov::element::f16;
  if (text == "bf16") return ov::element::bf16;
  return std::nullopt;
}

std::optional<ov::hint::PerformanceMode> ParseHint(std::string_view text) {
  if (text == "latency") return ov::hint::PerformanceMode::LATENCY;
  if (text == "throughput") return ov::hint::PerformanceMode::THROUGHPUT;
  return std::nullopt;
}

Result<void> SetPrecision(std::string_view value, ov::AnyMap& properties) {
  const auto precision = ParsePrecision(value);
  if (!precision)
    return graph::BadOption(kBackend, "inference_precision", value, "f32, f16 or bf16");
  properties.insert(ov::hint::inference_precision(*precision));
  // Apart from its precision, a device may quantize activations on its own; f32 must mean f32.
  if (*precision == ov::element::f32) {
    properties.insert(ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY));
  }
  return {};
}

Result<void> SetHint(std::string_view value, ov::AnyMap& properties) {
  const auto hint = ParseHint(value);
  if (!hint) return graph::BadOption(kBackend, "performance_hint", value, "latency or throughput");
  properties.insert(ov::hint::performance_mode(*hint));
  return {};
}

// Empty if the option is not given.
Result<std::optional<std::int32_t>> Count(const BackendOptions& options, std::string_view key,
                                          Origin origin) {
  const auto option = options.find(key);
  if (option == options.end()) return std::nullopt;
  // OpenVINO starts as many threads for a graph as requested, even if few can run at once.
  const auto count = graph::ParseCountOption(kBackend, key, option->second, origin);
  if (!count) return base::Fail(count);
  return *count;
}

Result<void> SetCounts(const BackendOptions& options, Origin origin, ov::AnyMap& properties) {
  const auto threads = Count(options, "threads", origin);
  if (!threads) return base::Fail(threads);
  if (*threads) properties.insert(ov::inference_num_threads(**threads));
  const auto streams = Count(options, "streams", origin);
  if (!streams) return base::Fail(streams);
  if (*streams) properties.insert(ov::num_streams(ov::streams::Num(**streams)));
  return {};
}

// With all graphs' requests in one queue of OpenVINO's, an inference runs on its caller's thread
// and, with all others, on those that TBB has for the process. A graph then keeps one thread, for
// callbacks that nobody asks for, and else two. (Without streams alone it has none, but then an
// inference runs on one thread.) Streams are for who asks for them or for throughput, and for fewer
// threads than processors, as TBB's are not to be limited otherwise. Returns how many threads of
// its own an inference has.
std::uint64_t SetThreads(unsigned process_threads, ov::AnyMap& properties) {
  // Otherwise each graph would pin its threads to the same first cores.
  properties.insert(ov::hint::enable_cpu_pinning(false));
  const auto streams = properties.find(ov::num_streams.name());
  const auto threads = properties.find(ov::inference_num_threads.name());
  const auto hint =
      properties.at(ov::hint::performance_mode.name()).as<ov::hint::PerformanceMode>();
  if (threads != properties.end()) {
    const auto count = threads->second.as<std::int32_t>();
    const std::int32_t shares =
        streams == properties.end() ? 1 : streams->second.as<ov::streams::Num>().num;
    return static_cast<std::uint64_t>(std::max(count / std::max(shares, 1), 1));
  }
  const bool has_all = process_threads >= std::thread::hardware_concurrency();
  if (has_all && streams == properties.end() && hint == ov::hint::PerformanceMode::LATENCY) {
    // Not in the headers that OpenVINO installs.
    properties.emplace("EXCLUSIVE_ASYNC_REQUESTS", true);
  } else {
    properties.insert(ov::inference_num_threads(static_cast<std::int32_t>(process_threads)));
  }
  return 1;
}

Result<void> CheckKeys(const BackendOptions& options) {
  for (const auto& [key, value] : options) {
    if (!KnowsOption(key)) return graph::NoOption(kBackend, key, kKeys);
  }
  return {};
}

std::string_view ValueOr(const BackendOptions& options, std::string_view key,
                         std::string_view absent) {
  const auto option = options.find(key);
  return option == options.end() ? absent : std::string_view(option->second);
}

}  // namespace

bool KnowsOption(std::string_view key) { return std::ranges::find(kKeys, key) != kKeys.end(); }

Result<Config> MakeConfig(const BackendOptions& options, std::string_view device, Origin origin,
                          unsigned process_threads) {
  if (auto keys = CheckKeys(options); !keys) return base::Fail(std::move(keys));
  const std::string_view precision = ValueOr(options, "inference_precision", "f32");
  const std::string_view hint = ValueOr(options, "performance_hint", "latency");
  const std::string_view threads = ValueOr(options, "threads", "");
  const std::string_view streams = ValueOr(options, "streams", "");
  Config config;
  if (auto set = SetPrecision(precision, config.properties); !set) {
    return base::Fail(std::move(set));
  }
  if (auto set = SetHint(hint, config.properties); !set) return base::Fail(std::move(set));
  if (auto set = SetCounts(options, origin, config.properties); !set) {
    return base::Fail(std::move(set));
  }
  if (device == "CPU") config.threads = SetThreads(process_threads, config.properties);
  config.text =
      fmt::format("precision={} hint={} threads={} streams={}", precision, hint, threads, streams);
  if (const auto signature = options.find(graph::kSignatureOption); signature != options.end()) {
    config.signature = signature->second;
    config.text += fmt::format(" signature={}", signature->second);
  }
  return config;
}

std::vector<OptionProblem> CheckOptions(const BackendOptions& options, Origin origin) {
  return graph::CheckEachOption(options, [&](const BackendOptions& option) -> Result<void> {
    const auto config = MakeConfig(option, "CPU", origin, 1);
    if (!config) return base::Fail(config);
    return {};
  });
}

}  // namespace namesake::openvino
