// Limits: how much of a host its users may take.
//
// Each limit has a name and a unit; an empty optional means "no limit". Reaching a limit gives the
// caller resource_exhausted (a count or a sum), busy (a queue) or timeout (a time), and does not
// touch what others hold. A request that exceeds a limit by itself is too_large.
//
// There are three levels: the host, a tenant, and an instance. A limit that is set at several
// levels holds at each of them. docs/configuration.md lists them all.
#ifndef NAMESAKE_LIMITS_H_
#define NAMESAKE_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace namesake {

// Limits for the whole host, across all tenants.
struct HostLimits {
  // Models at once: registered models, loaded or not, and models that are loaded or loading from a
  // guest's bytes. A model that several guests share counts once.
  std::optional<std::uint64_t> max_models{};
  // One model, in bytes.
  std::optional<std::uint64_t> max_model_bytes{};
  // All models in memory or loading, in bytes.
  std::optional<std::uint64_t> max_total_model_bytes{};
  // One tensor, in bytes.
  std::optional<std::uint64_t> max_tensor_bytes{};
  // The inputs and outputs of all execution contexts, and the tensors that components hold, in
  // bytes.
  std::optional<std::uint64_t> max_total_tensor_bytes{};
  // Loads of models in the host's own scope that run at once; further loads wait for their turn.
  // Loads in a tenant's worker are counted for that worker alone, where no limit means 2.
  std::optional<std::uint64_t> max_loads{};
  // Inferences that run at once; further ones wait for their turn, tenant by tenant.
  std::optional<std::uint64_t> max_inferences{};
  // Inferences that may wait; one more fails with busy.
  std::optional<std::uint64_t> max_queued_inferences = 1024;
  // The longest that a lookup or a load may keep a guest waiting, and the longest that an inference
  // may take, including the wait for its turn.
  std::optional<std::chrono::nanoseconds> load_timeout{};
  std::optional<std::chrono::nanoseconds> inference_timeout{};
  // The memory of all workers, in bytes.
  std::optional<std::uint64_t> max_worker_memory_bytes{};
  // Worker processes at once. Near the limit, the one that has been idle for longest is ended for
  // another; one with open contexts is not idle. Spare workers do not count, nor do those in which
  // an inference runs again alone.
  std::optional<std::uint64_t> max_workers{};
  // The entries of the compiled cache, in bytes. By default enough for hundreds of models, and a
  // small part of a server's disk.
  std::optional<std::uint64_t> max_cache_bytes = std::uint64_t{10} << 30;

  friend bool operator==(const HostLimits&, const HostLimits&) = default;
};

// Limits for one tenant, across all its instances.
struct TenantLimits {
  // The tenant's own models: those registered for it or by its guests, and those that are loaded or
  // loading from its guests' bytes.
  std::optional<std::uint64_t> max_models{};
  std::optional<std::uint64_t> max_model_bytes{};
  std::optional<std::uint64_t> max_total_model_bytes{};
  std::optional<std::uint64_t> max_tensor_bytes{};
  std::optional<std::uint64_t> max_total_tensor_bytes{};
  // Loads of the tenant's own models that run at once; further loads wait for their turn. No other
  // tenant waits for them.
  std::optional<std::uint64_t> max_loads = 2;
  std::optional<std::uint64_t> max_inferences{};
  std::optional<std::uint64_t> max_queued_inferences = 256;
  std::optional<std::chrono::nanoseconds> load_timeout{};
  std::optional<std::chrono::nanoseconds> inference_timeout{};
  // The memory of the tenant's workers, in bytes.
  std::optional<std::uint64_t> max_worker_memory_bytes{};
  // The tenant's worker processes at once: one for each backend that it uses.
  std::optional<std::uint64_t> max_workers{};

  friend bool operator==(const TenantLimits&, const TenantLimits&) = default;
};

// Limits for one instance, that is, for one view.
struct InstanceLimits {
  // Live graph handles.
  std::optional<std::uint64_t> max_graphs = 65536;
  // Live execution contexts. By the specification a module can't end one, and makes another for
  // each inference; `max_total_tensor_bytes` limits their bytes.
  std::optional<std::uint64_t> max_contexts{};
  // Live tensors of a component, including outputs that it keeps; modules have none. The engine has
  // 100,000 handles of all kinds for a store, and traps a guest that takes one more.
  std::optional<std::uint64_t> max_tensors = 16384;
  // Guest-supplied models: names in the instance's own scope that still exist, and graphs that the
  // instance loaded from bytes or with its own configuration and still holds. Names that it gave in
  // the tenant's scope outlive it, and count only in the tenant.
  std::optional<std::uint64_t> max_models = 1024;
  // One guest-supplied model, in bytes.
  std::optional<std::uint64_t> max_model_bytes = std::uint64_t{2} << 30;
  // All guest-supplied models that the instance holds, in bytes.
  std::optional<std::uint64_t> max_total_model_bytes{};
  // One tensor, in bytes.
  std::optional<std::uint64_t> max_tensor_bytes = std::uint64_t{1} << 30;
  // The instance's execution contexts with their inputs and outputs, and the tensors that a
  // component holds, in bytes.
  std::optional<std::uint64_t> max_total_tensor_bytes = std::uint64_t{4} << 30;
  // The configuration given to `load_by_name_with_config`, in bytes of JSON.
  std::optional<std::uint64_t> max_config_bytes = std::uint64_t{64} << 10;
  // A name that the instance gives to a model, in bytes; never above 255.
  std::optional<std::uint64_t> max_name_bytes = 255;
  std::optional<std::chrono::nanoseconds> load_timeout{};
  std::optional<std::chrono::nanoseconds> inference_timeout{};
  // The sum of the guest's linear memories, in bytes, and its wall time from its first instruction
  // to its end. Enforced by the code that runs the guest, as `namesake run` does, not by the view.
  std::optional<std::uint64_t> max_guest_memory_bytes{};
  std::optional<std::chrono::nanoseconds> guest_timeout{};

  friend bool operator==(const InstanceLimits&, const InstanceLimits&) = default;
};

}  // namespace namesake

#endif  // NAMESAKE_LIMITS_H_
