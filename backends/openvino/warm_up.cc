#include "backend_openvino/warm_up.h"

#include <dlfcn.h>

#include <openvino/core/version.hpp>
#include <string>
#include <system_error>

#include "backend_openvino/read_by.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"

namespace namesake::openvino {

namespace fs = std::filesystem;

std::vector<fs::path> LibraryFolders() {
  Dl_info library{};
  if (::dladdr(reinterpret_cast<const void*>(&ov::get_openvino_version), &library) == 0) return {};
  const fs::path folder = fs::path(library.dli_fname).parent_path();
  std::error_code error;
  fs::path real = fs::canonical(folder, error);
  if (error || real == folder) return {folder};
  return {folder, std::move(real)};
}

std::vector<fs::path> WarmUpPaths() {
  std::vector<fs::path> paths = LibraryFolders();
  // How the processors share caches and memory; how many threads to start depends on it. The
  // kernel's list of processors is only for the key of the compiled cache.
  paths.insert(paths.end(),
               {"/sys/devices/system/cpu", "/sys/devices/system/node", "/proc/cpuinfo"});
  return paths;
}

Result<void> LoadSystemLibraries() {
  // The readers need it, and nothing else does. It stays loaded.
  constexpr const char* kLibrary = "librt.so.1";
  if (::dlopen(kLibrary, RTLD_NOW) != nullptr) return {};
  return base::Fail(ErrorCode::kRuntimeError, "can't load {}{}", kLibrary,
                    Wording("", std::string(": ") + ::dlerror()));
}

Result<void> WarmUp(Runtime& runtime) {
  if (auto cpu = runtime.DeviceIdentity("CPU").Get(); !cpu) return base::Fail(std::move(cpu));
  return VendorCall("can't list OpenVINO's readers", [] { FindReaders(); });
}

}  // namespace namesake::openvino
