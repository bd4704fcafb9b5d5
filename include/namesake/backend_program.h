// A backend as a program of its own, which a host starts once for each tenant.
//
//   const int status =
//       namesake::RunBackendProgram(argc, argv, namesake::NewOpenVinoBackend());
//
// The host never loads the backend's library: the program does, in a sandbox. docs/security.md says
// what the sandbox keeps from it.
#ifndef NAMESAKE_BACKEND_PROGRAM_H_
#define NAMESAKE_BACKEND_PROGRAM_H_

#include <memory>

#include "namesake/backend.h"
#include "namesake/export.h"

namespace namesake {

// Serves the host that has started the program, and returns the exit status. To be called at the
// start of main(), before the process has a second thread. Locks the process in, which can't be
// undone. Started by anyone but a host, it prints what it is; with --version, the backend's and its
// library's version.
NAMESAKE_API int RunBackendProgram(int argc, char** argv, std::unique_ptr<Backend> backend);

}  // namespace namesake

#endif  // NAMESAKE_BACKEND_PROGRAM_H_
