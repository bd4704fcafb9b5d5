// Answers the system calls that take paths, in the signal handler that the filter leads them to.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_FILE_CALLS_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_FILE_CALLS_H_

#include "backend_program/library_files.h"
#include "namesake/error.h"

namespace namesake::backend_program {

// Opens /dev/null for as long as the process lives. Libraries use it in place of files that do not
// exist; if it can't be opened, it does not exist for them.
void OpenNullDevice();

// Makes this process answer the calls that the filter traps. Must be called once, before the filter
// takes effect. Errors: runtime_error.
Result<void> InstallTrap(LibraryFiles libraries);

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_FILE_CALLS_H_
