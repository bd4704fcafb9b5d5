// Starts OpenVINO in a process that will soon be locked into a sandbox.
//
// OpenVINO examines the machine while the CPU's plugin starts. Later it only opens models and
// libraries of its own folder.
#ifndef NAMESAKE_BACKENDS_OPENVINO_WARM_UP_H_
#define NAMESAKE_BACKENDS_OPENVINO_WARM_UP_H_

#include <filesystem>
#include <vector>

#include "backend_openvino/runtime.h"
#include "namesake/error.h"

namespace namesake::openvino {

// The folders of OpenVINO's libraries, in each spelling that OpenVINO uses: as the loader found it,
// and with links resolved.
std::vector<std::filesystem::path> LibraryFolders();

// The paths that WarmUp() and later loads read: OpenVINO's libraries, and facts about the
// processors, without which OpenVINO hangs.
std::vector<std::filesystem::path> WarmUpPaths();

// Loads the libraries of the system that OpenVINO's own ones need, while the system's can be read.
// Errors: runtime_error.
Result<void> LoadSystemLibraries();

// Loads the CPU's plugin, which looks at the machine, and finds the readers of models. Loads no
// reader: one takes 1 to 2 ms, and its library can still be opened later. Errors: runtime_error.
Result<void> WarmUp(Runtime& runtime);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_WARM_UP_H_
