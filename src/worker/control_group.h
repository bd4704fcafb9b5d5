// A control group (cgroups(7)) of a worker's own, in which the kernel limits its memory.
#ifndef NAMESAKE_WORKER_CONTROL_GROUP_H_
#define NAMESAKE_WORKER_CONTROL_GROUP_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "namesake/error.h"

namespace namesake::worker {

// Thread-safe.
class ControlGroup {
 public:
  // Makes a group beneath `parent`, which is a group of version 2 or, for memory, of version 1 that
  // somebody has left to this process; enables the memory controller there if need be. First
  // removes groups of hosts that have ended. Errors: runtime_error, with the path and the remedy.
  static Result<std::unique_ptr<ControlGroup>> Make(const std::filesystem::path& parent);
  ControlGroup(const ControlGroup&) = delete;
  ControlGroup& operator=(const ControlGroup&) = delete;
  // Removes the group. Waits up to a second for processes in it that are about to end.
  ~ControlGroup();

  // Moves the process here, which from now on may take `most_bytes` of memory, swap included where
  // the system counts it. Beyond that the kernel ends it by SIGKILL. Errors: runtime_error.
  Result<void> Confine(pid_t process, std::uint64_t most_bytes) const;

  // Whether the kernel has ended a process for its memory.
  bool RanOut() const;

 private:
  explicit ControlGroup(std::filesystem::path path) : path_(std::move(path)) {}

  Result<void> Write(std::string_view file, std::string_view text) const;
  bool Has(std::string_view file) const;

  const std::filesystem::path path_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_CONTROL_GROUP_H_
