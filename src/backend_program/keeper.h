// The process that keeps a worker: its parent.
//
// A worker can't be the host's own child, whose program may wait for any child of its own (waitpid
// of -1, a handler of SIGCHLD). So a backend program that is started is nobody's child; it starts
// the worker as a copy of itself, and does nothing further but report how the worker ends. It ends
// the worker when the host has ended, and the worker ends with it: it has a single thread, which
// lives as long as the process, as the worker's PR_SET_PDEATHSIG needs.
#ifndef NAMESAKE_BACKEND_PROGRAM_KEEPER_H_
#define NAMESAKE_BACKEND_PROGRAM_KEEPER_H_

#include <sys/types.h>

#include "base/file.h"
#include "namesake/error.h"

namespace namesake::backend_program {

// Splits the process in two. Returns the keeper's process id in the worker; in the keeper it does
// not return. `host` is the keeper's connection. The process has one thread. Errors: runtime_error,
// if no process can be made.
Result<pid_t> StartKept(base::FileDescriptor host);

}  // namespace namesake::backend_program

#endif  // NAMESAKE_BACKEND_PROGRAM_KEEPER_H_
