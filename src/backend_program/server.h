// Answers a host's calls with a backend.
#ifndef NAMESAKE_BACKEND_PROGRAM_SERVER_H_
#define NAMESAKE_BACKEND_PROGRAM_SERVER_H_

#include "namesake/backend.h"
#include "protocol/connection.h"

namespace namesake::backend_program {

// Serves the first connection on the calling thread until the host closes it, and each further one
// on a thread of its own. Does not return: the worker then ends.
[[noreturn]] void Serve(Backend& backend, protocol::Connection first);

}  // namespace namesake::backend_program

#endif  // NAMESAKE_BACKEND_PROGRAM_SERVER_H_
