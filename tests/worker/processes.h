// Resources of this process and its workers, as the system reports them.
#ifndef NAMESAKE_TESTS_WORKER_PROCESSES_H_
#define NAMESAKE_TESTS_WORKER_PROCESSES_H_

#include <sys/types.h>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string_view>
#include <vector>

#include "support/resident.h"

namespace namesake::worker {

// The processes that were started by this path and have not ended; a zombie has.
std::vector<pid_t> ProcessesOf(const std::filesystem::path& program);
// Those of them that keep a worker, and those that are one.
std::vector<pid_t> KeepersOf(const std::filesystem::path& program);
std::vector<pid_t> WorkersOf(const std::filesystem::path& program);

// Whether all its threads are stopped.
bool IsStopped(pid_t process);

using test::ResidentBytes;

// 0 if the process has ended.
std::size_t DescriptorsOf(pid_t process);

// Resources that this process holds.
struct Held {
  std::size_t descriptors = 0;
  std::size_t threads = 0;

  friend bool operator==(const Held&, const Held&) = default;
};
Held HeldNow();
std::ostream& operator<<(std::ostream& stream, const Held& held);

}  // namespace namesake::worker

#endif  // NAMESAKE_TESTS_WORKER_PROCESSES_H_
