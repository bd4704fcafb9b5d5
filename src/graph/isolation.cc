#include "namesake/isolation.h"

#include <array>
#include <cstddef>

#include "graph/enum_names.h"

namespace namesake {
namespace {

// In the order of Isolation.
constexpr std::array<std::string_view, kIsolationCount> kIsolations = {"process", "tenant", "host"};
// In the order of Sandbox.
constexpr std::array<std::string_view, kSandboxCount> kSandboxes = {"strict", "best effort"};

}  // namespace

std::string_view IsolationName(Isolation isolation) {
  return kIsolations[static_cast<std::size_t>(isolation)];
}
std::string_view SandboxName(Sandbox sandbox) {
  return kSandboxes[static_cast<std::size_t>(sandbox)];
}

std::optional<Isolation> ParseIsolation(std::string_view text) {
  return graph::FindNamed<Isolation>(kIsolations, text);
}
std::optional<Sandbox> ParseSandbox(std::string_view text) {
  return graph::FindNamed<Sandbox>(kSandboxes, text);
}

}  // namespace namesake
