#include "backend_onnxruntime/warm_up.h"

#include <dlfcn.h>

#include <system_error>
#include <utility>

#include "base/fail.h"

namespace namesake::onnxruntime {

namespace fs = std::filesystem;

std::vector<fs::path> LibraryFolders() {
  Dl_info library{};
  if (::dladdr(reinterpret_cast<const void*>(&OrtGetApiBase), &library) == 0) return {};
  const fs::path path = library.dli_fname;
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error || real.parent_path() == path.parent_path()) return {path.parent_path()};
  return {path.parent_path(), real.parent_path()};
}

std::vector<fs::path> WarmUpPaths() { return {"/sys/devices/system/cpu", "/proc/cpuinfo"}; }

Result<void> WarmUp(Runtime& runtime) {
  const auto started = runtime.Environment();
  if (!started) return base::Fail(started);
  return {};
}

}  // namespace namesake::onnxruntime
