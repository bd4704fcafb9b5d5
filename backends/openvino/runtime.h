// OpenVINO itself, started when first needed, and its devices.
#ifndef NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_
#define NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <openvino/runtime/core.hpp>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/alarm.h"
#include "base/processors.h"
#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::openvino {

// A pending request for a device's identity, with a time limit: starting a device's plugin may hang
// if the system lacks something it looks for.
class DeviceLook {
 public:
  using Clock = std::chrono::steady_clock;

  DeviceLook() = default;
  DeviceLook(std::shared_future<Result<std::string>> identity, Clock::time_point until)
      : identity_(std::move(identity)), until_(until) {}

  // Blocks. Errors: runtime_error if the device can't be used or its start hangs.
  Result<std::string> Get() const;
  // Blocks until the request has ended or the time limit has passed.
  void Wait() const { identity_.wait_until(until_); }

  bool begun() const { return identity_.valid(); }
  // Whether it has ended with an error.
  bool failed() const;

 private:
  std::shared_future<Result<std::string>> identity_{};
  Clock::time_point until_{};
};

// Thread-safe. Graphs share it with the backend that made them.
class Runtime {
 public:
  // Far longer than a start takes (10 ms), even on a busy machine.
  static constexpr std::chrono::seconds kStartTimeout{30};

  explicit Runtime(std::chrono::nanoseconds start_timeout = kStartTimeout)
      : start_timeout_(start_timeout) {}
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  // Waits for pending requests: a process that exits while a plugin starts would crash.
  ~Runtime();

  // Starts OpenVINO at the first call (about 1 ms), and redirects its log for the whole process:
  // its messages become debug messages of the host. Errors: runtime_error.
  Result<std::shared_ptr<ov::Core>> Core();

  // Returns everything that decides whether a compiled form made on one machine may be used on
  // another: the library's build, and the device's name, architecture and capabilities; for the CPU
  // also its instruction sets and the number of processors.
  //
  // The first call for a device loads its plugin (6 ms for the CPU's) on a separate thread, so that
  // the caller can read or hash a model meanwhile. There is another reason for the thread: the
  // CPU's plugin replaces the alternate signal stack of the thread that loads it, on which an
  // engine such as Wasmtime may rely.
  //
  // If a request fails, those who waited for it get its error, and the next call makes another. A
  // request that hangs is abandoned after the start timeout, and keeps its thread. If no thread can
  // be started, the request fails at once.
  DeviceLook DeviceIdentity(const std::string& device);

  // Slow: loads the plugins of all devices and asks their drivers. Errors: runtime_error.
  Result<std::vector<Device>> Devices();

  // Whether this is the first time that this note on a model is taken.
  bool TakeNote(const std::string& note);

  // Before any other call: on how many threads inferences compute.
  void SetThreads(unsigned threads) { threads_ = threads; }
  unsigned threads() const { return threads_ ? *threads_ : base::Processors(); }

  // The deadlines of all inferences. Graphs share it.
  const std::shared_ptr<base::AlarmClock>& alarms() const { return alarms_; }

  // Returns OpenVINO's name of the device for `target`. Assumes that there is a CPU; asks OpenVINO
  // about other devices. Errors: unsupported if there is no such device, listing those that exist;
  // runtime_error.
  Result<std::string> DeviceFor(Target target);

 private:
  const std::chrono::nanoseconds start_timeout_;
  // Empty for one for each processor.
  std::optional<unsigned> threads_{};
  const std::shared_ptr<base::AlarmClock> alarms_ = std::make_shared<base::AlarmClock>();
  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<ov::Core> core_;
  std::map<std::string, DeviceLook> identities_;
  std::set<std::string> notes_;
};

// Returns OpenVINO's version and build, as it reports them.
std::string VendorVersion();

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_RUNTIME_H_
