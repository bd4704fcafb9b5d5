// Limits: how much of a host one may use. Each has a name and a unit; an empty optional is "no
// limit". Using one up gives the caller resource_exhausted (a count or a sum), busy (a queue) or
// timeout (a time), and leaves what others hold untouched; what is above a limit by itself is
// too_large.
//
// There are three levels: the host, a tenant, and an instance. A limit that stands at several
// levels holds at each of them. docs/configuration.md has them all.
#ifndef NAMESAKE_LIMITS_H_
#define NAMESAKE_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace namesake {

// For the whole host, whoever uses it.
struct HostLimits {
  // Models at once: those registered, loaded yet or not, and those loaded or being loaded from a
  // guest's bytes. A model that several guests share counts once.
  std::optional<std::uint64_t> max_models{};
  // One model, in bytes.
  std::optional<std::uint64_t> max_model_bytes{};
  // All models in memory or being loaded, together, in bytes.
  std::optional<std::uint64_t> max_total_model_bytes{};
  // One tensor, in bytes.
  std::optional<std::uint64_t> max_tensor_bytes{};
  // The inputs and outputs of all execution contexts, together, in bytes.
  std::optional<std::uint64_t> max_total_tensor_bytes{};
  // Models of the host's own scope that are being loaded at once; more wait for their turn.
  std::optional<std::uint64_t> max_loads{};
  // Computes at once; more wait for their turn, tenant by tenant.
  std::optional<std::uint64_t> max_inferences{};
  // Computes that wait; one more is told busy.
  std::optional<std::uint64_t> max_queued_inferences = 1024;
  // How long one lookup or one load may keep a guest waiting, and how long one compute may take,
  // its turn included.
  std::optional<std::chrono::nanoseconds> load_timeout{};
  std::optional<std::chrono::nanoseconds> inference_timeout{};

  friend bool operator==(const HostLimits&, const HostLimits&) = default;
};

// For one tenant, all of its instances together.
struct TenantLimits {
  // Models of the tenant's own: those registered for it or by its guests, and those loaded or being
  // loaded from its guests' bytes.
  std::optional<std::uint64_t> max_models{};
  std::optional<std::uint64_t> max_model_bytes{};
  std::optional<std::uint64_t> max_total_model_bytes{};
  std::optional<std::uint64_t> max_tensor_bytes{};
  std::optional<std::uint64_t> max_total_tensor_bytes{};
  // Models of the tenant's own that are being loaded at once; more wait for their turn. No other
  // tenant waits for them.
  std::optional<std::uint64_t> max_loads = 2;
  std::optional<std::uint64_t> max_inferences{};
  std::optional<std::uint64_t> max_queued_inferences = 256;
  std::optional<std::chrono::nanoseconds> load_timeout{};
  std::optional<std::chrono::nanoseconds> inference_timeout{};

  friend bool operator==(const TenantLimits&, const TenantLimits&) = default;
};

// For one instance, that is for one view.
struct InstanceLimits {
  // Live graph handles.
  std::optional<std::uint64_t> max_graphs = 65536;
  // Live execution contexts. A module can't end one by the specification, and makes another for
  // each inference; their bytes are limited below.
  std::optional<std::uint64_t> max_contexts{};
  // Live tensors of a component, outputs that it keeps among them; modules have none of their own.
  // The engine has 100,000 handles for a store, of all kinds, and a guest that takes one more
  // traps.
  std::optional<std::uint64_t> max_tensors = 16384;
  // Models that the instance brought itself: names of its own scope that are still there, and
  // graphs that it loaded from bytes or with a configuration of its own, and still holds. Names
  // that it gave in the tenant's scope outlive it, and count in the tenant alone.
  std::optional<std::uint64_t> max_models = 1024;
  // One model that the instance brings, in bytes.
  std::optional<std::uint64_t> max_model_bytes = std::uint64_t{2} << 30;
  // All that it brings and holds, together, in bytes.
  std::optional<std::uint64_t> max_total_model_bytes{};
  // One tensor, in bytes.
  std::optional<std::uint64_t> max_tensor_bytes = std::uint64_t{1} << 30;
  // Its execution contexts with their inputs and outputs and, besides, the tensors that a component
  // holds, together, in bytes.
  std::optional<std::uint64_t> max_total_tensor_bytes = std::uint64_t{4} << 30;
  // The configuration given to `load_by_name_with_config`, in bytes of JSON.
  std::optional<std::uint64_t> max_config_bytes = std::uint64_t{64} << 10;
  // A name that the instance gives to a model, in bytes; never above 255.
  std::optional<std::uint64_t> max_name_bytes = 255;
  std::optional<std::chrono::nanoseconds> load_timeout{};
  std::optional<std::chrono::nanoseconds> inference_timeout{};
  // The guest's linear memories, together, in bytes, and its wall time from its first instruction
  // to its end. Both are kept by whoever runs the guest, as `namesake run` does, and not by the
  // view.
  std::optional<std::uint64_t> max_guest_memory_bytes{};
  std::optional<std::chrono::nanoseconds> guest_timeout{};

  friend bool operator==(const InstanceLimits&, const InstanceLimits&) = default;
};

}  // namespace namesake

#endif  // NAMESAKE_LIMITS_H_
