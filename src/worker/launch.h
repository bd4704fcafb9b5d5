// Starts a backend's program.
#ifndef NAMESAKE_WORKER_LAUNCH_H_
#define NAMESAKE_WORKER_LAUNCH_H_

#include <filesystem>

#include "base/file.h"
#include "namesake/error.h"

namespace namesake::worker {

// The host's ends.
struct Launched {
  base::FileDescriptor first;    // The worker's first connection.
  base::FileDescriptor keeper;   // The keeper's.
  base::FileDescriptor log;      // What the program writes to standard error; does not block.
  base::FileDescriptor process;  // The program's process, which is to be the keeper.
};

// Starts the program with an empty environment, in a process group of its own, with no descriptors
// but its connections, and with every signal as usual. It is not a child of this process, whose
// SIGCHLD and waitpid are left alone. Blocks until the program runs, about a millisecond. Errors:
// runtime_error, naming the program and the remedy.
Result<Launched> Launch(const std::filesystem::path& program);

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_LAUNCH_H_
