#include "config/limit_settings.h"

#include <fmt/format.h>

#include <array>

#include "base/units.h"

namespace namesake::config {
namespace {

// Sentences for more than one table. Counts and bytes refer to what exists at the same time.
constexpr std::string_view kOneModel = "The size of one model.";
constexpr std::string_view kOneTensor = "The size of one tensor.";
constexpr std::string_view kLoadTimeout = "How long one lookup or load may keep a guest waiting.";
constexpr std::string_view kComputeTimeout =
    "How long one inference may take, including the wait for its turn.";
constexpr std::string_view kComputes =
    "Concurrent inferences. Further ones queue, and tenants take turns.";
constexpr std::string_view kTenantComputes = "Concurrent inferences. Further ones queue.";
constexpr std::string_view kQueuedComputes = "Queued inferences. One more fails with `busy`.";

// A limit of 0 is allowed where it makes sense: nothing of a tenant's or instance's own, or no
// waiting. Elsewhere nothing would work with 0, so it is rejected as a mistake.
constexpr auto kHostLimits = std::to_array<LimitSetting<HostLimits>>({
    {.key = "max_models",
     .field = &HostLimits::max_models,
     .sentence =
         "Registered models, loaded or not, and guest-supplied models. A model that several "
         "guests share counts once."},
    {.key = "max_model_bytes",
     .field = &HostLimits::max_model_bytes,
     .unit = Unit::kBytes,
     .sentence = kOneModel},
    {.key = "max_total_model_bytes",
     .field = &HostLimits::max_total_model_bytes,
     .unit = Unit::kBytes,
     .sentence = "All models in memory or being loaded, by the size of their files or parts. "
                 "Memory that is needed only while compiling is not counted."},
    {.key = "max_tensor_bytes",
     .field = &HostLimits::max_tensor_bytes,
     .unit = Unit::kBytes,
     .sentence = kOneTensor},
    {.key = "max_total_tensor_bytes",
     .field = &HostLimits::max_total_tensor_bytes,
     .unit = Unit::kBytes,
     .sentence = "The inputs and outputs of all execution contexts, in total."},
    {.key = "max_loads",
     .field = &HostLimits::max_loads,
     .sentence =
         "Concurrent loads of the host's own models. Further ones queue. A load that nobody "
         "waits for any longer is not counted. Loads in a tenant's process are counted for that "
         "tenant alone; there, `\"none\"` means 2."},
    {.key = "max_inferences", .field = &HostLimits::max_inferences, .sentence = kComputes},
    {.key = "max_queued_inferences",
     .field = &HostLimits::max_queued_inferences,
     .least = 0,
     .sentence = kQueuedComputes},
    {.key = "load_timeout",
     .field = &HostLimits::load_timeout,
     .unit = Unit::kDuration,
     .sentence = kLoadTimeout},
    {.key = "inference_timeout",
     .field = &HostLimits::inference_timeout,
     .unit = Unit::kDuration,
     .sentence = kComputeTimeout},
    {.key = "max_worker_memory_bytes",
     .field = &HostLimits::max_worker_memory_bytes,
     .unit = Unit::kBytes,
     .sentence = "The memory of all tenants' processes, in total."},
    {.key = "max_workers",
     .field = &HostLimits::max_workers,
     .sentence = "All tenants' processes at once. Near it, the process that has been idle for "
                 "longest is ended for another; one with open contexts is not idle."},
    {.key = "max_cache_bytes",
     .field = &HostLimits::max_cache_bytes,
     .unit = Unit::kBytes,
     .sentence = "The compiled models in `cache_dir`, in total. A new one replaces those of other "
                 "versions of Namesake or of its backend, then those not used for longest. One "
                 "that is larger by itself is not kept."},
});

constexpr auto kTenantLimits = std::to_array<LimitSetting<TenantLimits>>({
    {.key = "max_models",
     .field = &TenantLimits::max_models,
     .least = 0,
     .sentence =
         "The tenant's own models: those registered for it or by its guests, and those that "
         "its guests load from bytes."},
    {.key = "max_model_bytes",
     .field = &TenantLimits::max_model_bytes,
     .unit = Unit::kBytes,
     .sentence = "The size of one of the tenant's own models."},
    {.key = "max_total_model_bytes",
     .field = &TenantLimits::max_total_model_bytes,
     .unit = Unit::kBytes,
     .sentence = "The tenant's own models in memory or being loaded, by the size of their files or "
                 "parts. Memory that is needed only while compiling is not counted."},
    {.key = "max_tensor_bytes",
     .field = &TenantLimits::max_tensor_bytes,
     .unit = Unit::kBytes,
     .sentence = kOneTensor},
    {.key = "max_total_tensor_bytes",
     .field = &TenantLimits::max_total_tensor_bytes,
     .unit = Unit::kBytes,
     .sentence = "The inputs and outputs of the tenant's execution contexts, in total."},
    {.key = "max_loads",
     .field = &TenantLimits::max_loads,
     .sentence =
         "Concurrent loads of the tenant's own models. Further ones queue, without delaying "
         "other tenants. A load that nobody waits for any longer is not counted."},
    {.key = "max_inferences", .field = &TenantLimits::max_inferences, .sentence = kTenantComputes},
    {.key = "max_queued_inferences",
     .field = &TenantLimits::max_queued_inferences,
     .least = 0,
     .sentence = kQueuedComputes},
    {.key = "load_timeout",
     .field = &TenantLimits::load_timeout,
     .unit = Unit::kDuration,
     .sentence = kLoadTimeout},
    {.key = "inference_timeout",
     .field = &TenantLimits::inference_timeout,
     .unit = Unit::kDuration,
     .sentence = kComputeTimeout},
    {.key = "max_worker_memory_bytes",
     .field = &TenantLimits::max_worker_memory_bytes,
     .unit = Unit::kBytes,
     .sentence = "The memory of the tenant's processes, in total."},
    {.key = "max_workers",
     .field = &TenantLimits::max_workers,
     .sentence = "The tenant's processes at once: one for each backend that it uses."},
});

constexpr auto kInstanceLimits = std::to_array<LimitSetting<InstanceLimits>>({
    {.key = "max_graphs",
     .field = &InstanceLimits::max_graphs,
     .sentence = "Graph handles held by the guest."},
    {.key = "max_contexts",
     .field = &InstanceLimits::max_contexts,
     .sentence = "Execution contexts held by the guest."},
    {.key = "max_tensors",
     .field = &InstanceLimits::max_tensors,
     .sentence = "Tensors held by a component, including outputs that it keeps."},
    {.key = "max_models",
     .field = &InstanceLimits::max_models,
     .least = 0,
     .sentence =
         "Guest-supplied models: names that the guest registered, and graphs that it still holds "
         "and loaded from bytes or with a configuration of its own."},
    {.key = "max_model_bytes",
     .field = &InstanceLimits::max_model_bytes,
     .unit = Unit::kBytes,
     .sentence = "The size of one guest-supplied model."},
    {.key = "max_total_model_bytes",
     .field = &InstanceLimits::max_total_model_bytes,
     .unit = Unit::kBytes,
     .sentence =
         "All guest-supplied models that the guest holds, by the size of their files or parts. "
         "Memory that is needed only while compiling is not counted."},
    {.key = "max_tensor_bytes",
     .field = &InstanceLimits::max_tensor_bytes,
     .unit = Unit::kBytes,
     .sentence = kOneTensor},
    {.key = "max_total_tensor_bytes",
     .field = &InstanceLimits::max_total_tensor_bytes,
     .unit = Unit::kBytes,
     .sentence =
         "The inputs and outputs of the guest's execution contexts and the tensors that it holds, "
         "in total."},
    {.key = "max_config_bytes",
     .field = &InstanceLimits::max_config_bytes,
     .unit = Unit::kBytes,
     .least = 0,
     .sentence = "The size of the JSON configuration that the guest passes with a lookup."},
    {.key = "max_name_bytes",
     .field = &InstanceLimits::max_name_bytes,
     .unit = Unit::kBytes,
     .most = 255,
     .sentence = "The length of a name that the guest registers."},
    {.key = "load_timeout",
     .field = &InstanceLimits::load_timeout,
     .unit = Unit::kDuration,
     .sentence = kLoadTimeout},
    {.key = "inference_timeout",
     .field = &InstanceLimits::inference_timeout,
     .unit = Unit::kDuration,
     .sentence = kComputeTimeout},
    {.key = "max_guest_memory_bytes",
     .field = &InstanceLimits::max_guest_memory_bytes,
     .unit = Unit::kBytes,
     .sentence = "The guest's linear memories, in total."},
    {.key = "guest_timeout",
     .field = &InstanceLimits::guest_timeout,
     .unit = Unit::kDuration,
     .sentence = "Wall-clock time from the guest's first instruction to its end."},
});

constexpr std::string_view kNone = "none";

std::string_view Expected(const LimitRange& range) {
  const bool can_be_none = !range.most;
  switch (range.unit) {
    case Unit::kCount:
      return can_be_none ? "an integer or \"none\"" : "an integer";
    case Unit::kBytes:
      return can_be_none ? "a size such as \"2 GiB\", or \"none\"" : "a size such as \"200 B\"";
    case Unit::kDuration:
      break;
  }
  return can_be_none ? "a duration such as \"250 ms\", or \"none\""
                     : "a duration such as \"250 ms\"";
}

std::optional<std::uint64_t> ReadCount(const Input& input, const LimitRange& range) {
  const auto* count = input.node.As<std::int64_t>();
  if (count == nullptr) {
    AddWrongKind(input, Expected(range));
    return std::nullopt;
  }
  if (*count >= 0) return static_cast<std::uint64_t>(*count);
  input.problems.Add(input.node.place, "{} must be at least {}, not {}", input.key, range.least,
                     *count);
  return std::nullopt;
}

std::optional<std::uint64_t> ReadBytes(const Input& input, const LimitRange& range) {
  const auto* text = input.node.As<std::string>();
  if (text == nullptr) {
    AddWrongKind(input, Expected(range));
    return std::nullopt;
  }
  const auto bytes = base::ParseBytes(*text);
  if (bytes) return *bytes;
  input.problems.Add(input.node.place, "{}: {}", input.key, bytes.error().detail());
  return std::nullopt;
}

std::optional<std::uint64_t> ReadNanoseconds(const Input& input, const LimitRange& range) {
  if (input.node.As<std::string>() == nullptr) {
    AddWrongKind(input, Expected(range));
    return std::nullopt;
  }
  const auto duration = ReadDuration(input);
  if (!duration) return std::nullopt;
  return static_cast<std::uint64_t>(duration->count());
}

std::optional<std::uint64_t> ReadAmount(const Input& input, const LimitRange& range) {
  switch (range.unit) {
    case Unit::kCount:
      return ReadCount(input, range);
    case Unit::kBytes:
      return ReadBytes(input, range);
    case Unit::kDuration:
      break;
  }
  return ReadNanoseconds(input, range);
}

}  // namespace

template <>
std::span<const LimitSetting<HostLimits>> LimitSettings() {
  return kHostLimits;
}
template <>
std::span<const LimitSetting<TenantLimits>> LimitSettings() {
  return kTenantLimits;
}
template <>
std::span<const LimitSetting<InstanceLimits>> LimitSettings() {
  return kInstanceLimits;
}

std::string LimitText(Unit unit, std::uint64_t value) {
  switch (unit) {
    case Unit::kCount:
      return fmt::format("{}", value);
    case Unit::kBytes:
      return base::BytesText(value);
    case Unit::kDuration:
      break;
  }
  return base::DurationText(std::chrono::nanoseconds(static_cast<std::int64_t>(value)));
}

std::string LimitToml(Unit unit, std::optional<std::uint64_t> value) {
  if (!value) return fmt::format("\"{}\"", kNone);
  const std::string text = LimitText(unit, *value);
  return unit == Unit::kCount ? text : fmt::format("\"{}\"", text);
}

std::string RangeText(const LimitRange& range) {
  static constexpr std::array<std::string_view, 3> kUnits = {"integer", "size", "duration"};
  const std::string_view unit = kUnits[static_cast<std::size_t>(range.unit)];
  if (range.most) {
    return fmt::format("{}, at most {}", unit, LimitText(range.unit, *range.most));
  }
  // A minimum goes without saying for sizes and durations, since nobody expects zero to work.
  if (range.unit == Unit::kCount) return fmt::format("{} from {}", unit, range.least);
  return std::string(unit);
}

std::optional<LimitValue> ReadLimit(const Input& input, const LimitRange& range) {
  const auto* text = input.node.As<std::string>();
  if (text != nullptr && *text == kNone && !range.most) return LimitValue{std::nullopt};
  const auto amount = ReadAmount(input, range);
  if (!amount) return std::nullopt;
  if (*amount < range.least) {
    input.problems.Add(input.node.place, "{} must be at least {}, not {}", input.key,
                       LimitText(range.unit, range.least), LimitText(range.unit, *amount));
    return std::nullopt;
  }
  if (range.most && *amount > *range.most) {
    input.problems.Add(input.node.place, "{} must be at most {}, not {}", input.key,
                       LimitText(range.unit, *range.most), LimitText(range.unit, *amount));
    return std::nullopt;
  }
  return LimitValue{*amount};
}

}  // namespace namesake::config
