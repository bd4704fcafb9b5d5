// Where backends run: in the host's process, in one process for all tenants, or in a process of
// each tenant's.
#ifndef NAMESAKE_ISOLATION_H_
#define NAMESAKE_ISOLATION_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "namesake/export.h"

namespace namesake {

// Where a model is loaded and computes. The nearest setting counts: the model's, else that of the
// tenant that uses it, else the host's.
enum class Isolation : std::uint8_t {
  kProcess,  // In the host's process, once for all users.
  kTenant,   // In a worker, a process of its own for each tenant that uses it.
  kHost,     // In a worker of the host's, once for all tenants. Models of guests', and models with
             // options of guests', are in their tenant's own worker all the same.
};
inline constexpr int kIsolationCount = 3;
// A host's isolation if its options and its configuration name none. The command refuses kProcess
// unless it is this default.
inline constexpr Isolation kDefaultIsolation = Isolation::kTenant;

// Whether a model with this isolation is loaded once for all its users.
constexpr bool ServesAll(Isolation isolation) { return isolation != Isolation::kTenant; }

// How long a worker may be idle before it is ended, unless the host says otherwise.
inline constexpr std::chrono::minutes kDefaultWorkerIdleTime{10};

// Decides whether a worker starts if the system lacks a part of its sandbox.
enum class Sandbox : std::uint8_t {
  kStrict,      // It does not start.
  kBestEffort,  // It does without, and the host logs a warning.
};
inline constexpr int kSandboxCount = 2;

// The name in lower case, such as "tenant" or "best effort".
NAMESAKE_API std::string_view IsolationName(Isolation isolation);
NAMESAKE_API std::string_view SandboxName(Sandbox sandbox);
// Parses a name in any case; empty if `text` is not one.
NAMESAKE_API std::optional<Isolation> ParseIsolation(std::string_view text);
NAMESAKE_API std::optional<Sandbox> ParseSandbox(std::string_view text);

}  // namespace namesake

#endif  // NAMESAKE_ISOLATION_H_
