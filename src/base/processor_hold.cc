#include "base/processor_hold.h"

#include <cstring>

namespace namesake::base {
namespace {

constexpr pid_t kThisThread = 0;

std::optional<cpu_set_t> Allowed() noexcept {
  cpu_set_t allowed;
  if (::sched_getaffinity(kThisThread, sizeof allowed, &allowed) != 0) return std::nullopt;
  return allowed;
}

bool Allow(const cpu_set_t& processors) noexcept {
  return ::sched_setaffinity(kThisThread, sizeof processors, &processors) == 0;
}

}  // namespace

std::optional<unsigned> ThisProcessor() noexcept {
  const int processor = ::sched_getcpu();
  if (processor < 0) return std::nullopt;
  return static_cast<unsigned>(processor);
}

ProcessorHold::ProcessorHold(unsigned processor) noexcept {
  const auto before = Allowed();
  if (!before || processor >= CPU_SETSIZE || !CPU_ISSET(processor, &*before)) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  if (Allow(one)) before_ = before;
}

// An affinity that a thread asks for stays when an administrator gives its control group more
// processors. So a thread that was not limited asks for all, and only one that was is limited
// again.
ProcessorHold::~ProcessorHold() {
  if (!before_) return;
  cpu_set_t all;
  std::memset(&all, ~0, sizeof all);
  const auto now = Allow(all) ? Allowed() : std::nullopt;
  if (now && CPU_EQUAL(&*now, &*before_)) return;
  static_cast<void>(Allow(*before_));
}

}  // namespace namesake::base
