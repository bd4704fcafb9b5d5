// OpenVINO itself, started when it is first needed, and the devices it finds.
#ifndef NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_
#define NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <openvino/runtime/core.hpp>
#include <string>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::openvino {

// Thread-safe. Graphs share it with the backend that made them.
class Runtime {
 public:
  // Starts OpenVINO on the first call (about 1 ms). Errors: runtime_error.
  Result<std::shared_ptr<ov::Core>> Core();

  // All that decides whether a compiled form made on one machine may be used on another: the
  // library's build, and of the device its name, architecture and capabilities, for the CPU also
  // its instruction sets and how many of them there are.
  //
  // The first call for a device loads its plugin (6 ms for the CPU's) on a thread of its own, so
  // that the caller can read or hash a model meanwhile. The thread matters for another reason: the
  // CPU's plugin replaces the alternate signal stack of the thread that loads it, on which an
  // engine such as Wasmtime may rely.
  //
  // A look that failed answers for those who waited for it, and the next call takes another.
  // Without a thread to be had it fails at once.
  std::shared_future<Result<std::string>> DeviceIdentity(const std::string& device);

  // Slow: loads the plugins of all devices and asks their drivers. Errors: runtime_error.
  Result<std::vector<Device>> Devices();

  // OpenVINO's name of the device for `target`. Only the CPU is taken to be there unasked. Errors:
  // unsupported when there is none, listing those that are there; runtime_error.
  Result<std::string> DeviceFor(Target target);

 private:
  std::mutex mutex_;
  std::shared_ptr<ov::Core> core_;                                             // Guarded by mutex_.
  std::map<std::string, std::shared_future<Result<std::string>>> identities_;  // The same.
};

// OpenVINO's version and build, as it states them.
std::string VendorVersion();

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_
