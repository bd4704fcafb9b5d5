// OpenVINO itself, started when it is first needed, and the devices it finds.
#ifndef NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_
#define NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <openvino/runtime/core.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::openvino {

// A device's identity on its way, and how long it is waited for: where the system lacks what a
// device's plugin looks for, its start may hang.
class DeviceLook {
 public:
  using Clock = std::chrono::steady_clock;

  DeviceLook() = default;
  DeviceLook(std::shared_future<Result<std::string>> identity, Clock::time_point until)
      : identity_(std::move(identity)), until_(until) {}

  // Blocks. Errors: runtime_error where the device can't be used, or its start hangs.
  Result<std::string> Get() const;
  // Blocks until the look has ended or is given up.
  void Wait() const { identity_.wait_until(until_); }

  bool begun() const { return identity_.valid(); }
  // Has ended, with an error.
  bool failed() const;

 private:
  std::shared_future<Result<std::string>> identity_{};
  Clock::time_point until_{};
};

// Thread-safe. Graphs share it with the backend that made them.
class Runtime {
 public:
  // Far longer than a start takes (10 ms), on a busy machine too.
  static constexpr std::chrono::seconds kStartTimeout{30};

  explicit Runtime(std::chrono::nanoseconds start_timeout = kStartTimeout)
      : start_timeout_(start_timeout) {}
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  // Waits for looks under way: a process that ends while a plugin starts would crash.
  ~Runtime();

  // Starts OpenVINO on the first call (about 1 ms), and takes its log for the whole process: what
  // it says is a debug message of ours. Errors: runtime_error.
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
  // A look that failed answers for those who waited for it, and the next call takes another. One
  // that hangs is given up after the start's timeout, and keeps its thread. Without a thread to be
  // had it fails at once.
  DeviceLook DeviceIdentity(const std::string& device);

  // Slow: loads the plugins of all devices and asks their drivers. Errors: runtime_error.
  Result<std::vector<Device>> Devices();

  // Whether this note on a model is taken for the first time.
  bool TakeNote(const std::string& note);

  // OpenVINO's name of the device for `target`. Only the CPU is taken to be there unasked. Errors:
  // unsupported when there is none, listing those that are there; runtime_error.
  Result<std::string> DeviceFor(Target target);

 private:
  const std::chrono::nanoseconds start_timeout_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<ov::Core> core_;
  std::map<std::string, DeviceLook> identities_;
  std::set<std::string> notes_;
};

// OpenVINO's version and build, as it states them.
std::string VendorVersion();

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_
