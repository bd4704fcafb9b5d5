// Limits: how much of a host one may use. Each has a name and a unit; an empty optional is "no
// limit". Using one up gives the caller too_large (a count or a size) or timeout (a time), and
// leaves what others hold untouched.
#ifndef NAMESAKE_LIMITS_H_
#define NAMESAKE_LIMITS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace namesake {

// For the whole host, whoever uses it.
struct HostLimits {
  // Models at once: those registered by the operator, loaded yet or not, and those loaded or being
  // loaded by guests. A model that several guests share counts once.
  std::optional<std::uint64_t> max_models{};
};

// For one view, that is for one guest instance.
struct ViewLimits {
  // Live graph handles.
  std::optional<std::uint64_t> max_graphs = 65536;
  // Live execution contexts.
  std::optional<std::uint64_t> max_contexts = 1024;
  // The parts of one model given to `load`, together, in bytes.
  std::optional<std::uint64_t> max_model_bytes = std::uint64_t{2} << 30;
  // One tensor given to `set_input`, in bytes.
  std::optional<std::uint64_t> max_tensor_bytes = std::uint64_t{1} << 30;
  // How long one lookup or one load may keep the guest waiting.
  std::optional<std::chrono::nanoseconds> load_timeout{};
  // How long one compute may take.
  std::optional<std::chrono::nanoseconds> compute_timeout{};
};

}  // namespace namesake

#endif  // NAMESAKE_LIMITS_H_
