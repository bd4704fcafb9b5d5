// Starts ONNX Runtime in a process that will soon be locked into a sandbox.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_WARM_UP_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_WARM_UP_H_

#include <filesystem>
#include <vector>

#include "backend_onnxruntime/runtime.h"
#include "namesake/error.h"

namespace namesake::onnxruntime {

// The folders of ONNX Runtime's library: as the loader found it, and with links resolved.
std::vector<std::filesystem::path> LibraryFolders();

// The files that WarmUp() reads in addition: facts about the processors.
std::vector<std::filesystem::path> WarmUpPaths();

// Starts ONNX Runtime, its threads and its kernels for this processor. Errors: runtime_error.
Result<void> WarmUp(Runtime& runtime);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_WARM_UP_H_
