#include "base/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace namesake::base {
namespace {

namespace fs = std::filesystem;

// Quota and period, in microseconds; a group without a quota has no number there, or a negative
// one.
struct Quota {
  double allowed = -1;
  double period = 0;

  double processors() const {
    return allowed > 0 && period > 0 ? allowed / period : std::numeric_limits<double>::infinity();
  }
};

double ProcessorsOf(const fs::path& group) {
  Quota quota;
  if (std::ifstream both(group / "cpu.max"); both >> quota.allowed) {
    both >> quota.period;
    return quota.processors();
  }
  std::ifstream(group / "cpu.cfs_quota_us") >> quota.allowed;
  std::ifstream(group / "cpu.cfs_period_us") >> quota.period;
  return quota.processors();
}

// The least of a group and those above it. In a container, the group that the kernel names may lie
// outside what is mounted, whose root then is the container's own group.
double LeastUpFrom(const fs::path& root, const fs::path& group) {
  double least = ProcessorsOf(root);
  for (fs::path above = group.relative_path(); !above.empty(); above = above.parent_path()) {
    least = std::min(least, ProcessorsOf(root / above));
  }
  return least;
}

}  // namespace

std::optional<unsigned> QuotaOf(const fs::path& proc_cgroup, const fs::path& root) {
  double least = std::numeric_limits<double>::infinity();
  std::ifstream groups(proc_cgroup);
  // Such as "0::/user.slice" in version 2, and "4:cpu,cpuacct:/docker/1f" in version 1.
  for (std::string line; std::getline(groups, line);) {
    const std::size_t names = line.find(':');
    const std::size_t path = line.find(':', names + 1);
    if (names == std::string::npos || path == std::string::npos) continue;
    const std::string controllers = line.substr(names + 1, path - names - 1);
    const bool has_cpu = controllers.empty() || ("," + controllers + ",").contains(",cpu,");
    if (has_cpu) least = std::min(least, LeastUpFrom(root / controllers, line.substr(path + 1)));
  }
  if (std::isinf(least)) return std::nullopt;
  return static_cast<unsigned>(std::max(std::ceil(least), 1.0));
}

unsigned Processors() {
  const unsigned there = std::max(std::thread::hardware_concurrency(), 1U);
  return std::min(QuotaOf("/proc/self/cgroup", "/sys/fs/cgroup").value_or(there), there);
}

}  // namespace namesake::base
