// How many processors this process may use.
#ifndef NAMESAKE_BASE_PROCESSORS_H_
#define NAMESAKE_BASE_PROCESSORS_H_

#include <filesystem>
#include <optional>

namespace namesake::base {

// The highest number of threads that a setting or a worker may state.
inline constexpr unsigned kMostThreads = 4096;

// Returns how many the affinity of the calling thread and the quotas of its control groups allow,
// at least 1. A part of a processor counts as one. Reads files of the kernel.
unsigned Processors();

// The processors that the quotas of a control group and of those above it allow; empty for no
// quota. `proc_cgroup` has the form of /proc/self/cgroup (cgroups(7)), and `root` is where control
// groups are mounted, of either version.
std::optional<unsigned> QuotaOf(const std::filesystem::path& proc_cgroup,
                                const std::filesystem::path& root);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_PROCESSORS_H_
