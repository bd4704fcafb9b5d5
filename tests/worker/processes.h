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
// Those of them that keep a worker, and those that are one. A worker is its keeper's child from the
// first moment on; a process that has yet to become a keeper is neither, and a worker that outlives
// its keeper is none any more.
std::vector<pid_t> KeepersOf(const std::filesystem::path& program);
std::vector<pid_t> WorkersOf(const std::filesystem::path& program);

// Waits until there are so many, and returns just those; any other number fails the test.
std::vector<pid_t> AwaitWorkers(const std::filesystem::path& program, std::size_t count);
// Waits until there is one. Returns 0 if the test has failed.
pid_t AwaitWorker(const std::filesystem::path& program);

// Sends a signal to one process, and returns whether it was there. Tests send none otherwise: 0 and
// less stand for groups of processes, the test runner's among them, and fail the test here.
bool Signal(pid_t process, int signal);

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
