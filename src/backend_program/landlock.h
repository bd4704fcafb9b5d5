// Landlock, by the kernel's own interface: which files this thread, and what it starts, can open.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_LANDLOCK_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_LANDLOCK_H_

#include <filesystem>
#include <span>

#include "namesake/error.h"

namespace namesake::backend_program {

// Returns the version of the kernel's Landlock; 0 if it has none or it is switched off.
int LandlockVersion();

// Leaves this thread only reading beneath these paths, and for devices writing and ioctl, with all
// that the kernel's version can refuse besides. Missing paths are left out. Needs no_new_privs.
// Before version 8 it binds this thread alone, and those that it starts. Errors: runtime_error.
Result<void> RestrictByLandlock(int version, std::span<const std::filesystem::path> readable,
                                std::span<const std::filesystem::path> devices);

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_LANDLOCK_H_
