#include "backend_openvino/runtime.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <openvino/core/log.hpp>
#include <openvino/core/version.hpp>
#include <openvino/runtime/properties.hpp>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/process_limits.h"

namespace namesake::openvino {
namespace {

// The time limit for a start that is known to hang.
constexpr std::chrono::nanoseconds kLostTimeout = std::chrono::seconds(5);

// Returns the kernel's list of the processor's features. The name alone says too little: a virtual
// machine may be called "Intel Xeon Processor" on any hardware.
std::string CpuFlags() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("flags") || line.starts_with("Features")) return line;
  }
  return "";
}

std::string Identify(ov::Core& core, const std::string& device, unsigned threads) {
  const auto name = core.get_property(device, ov::device::full_name);
  const auto architecture = core.get_property(device, ov::device::architecture);
  const auto capabilities = core.get_property(device, ov::device::capabilities);
  std::string identity = fmt::format("{}|{}|{}|{}|{}", VendorVersion(), device, name, architecture,
                                     fmt::join(capabilities, ","));
  if (device == "CPU") {
    // The compiled form depends on how the model is split among threads.
    identity += fmt::format("|{}|{}", threads, CpuFlags());
  }
  return identity;
}

// If there are several GPUs, they are named "GPU.0", "GPU.1" and so on; the first one is used.
const Device* FindDevice(const std::vector<Device>& devices, std::string_view kind) {
  const auto found = std::ranges::find_if(devices, [&](const Device& device) {
    const std::string_view name = device.name;
    return name == kind || (name.starts_with(kind) && name.substr(kind.size()).starts_with('.'));
  });
  return found == devices.end() ? nullptr : &*found;
}

std::string Names(const std::vector<Device>& devices) {
  std::vector<std::string_view> names;
  for (const Device& device : devices) names.emplace_back(device.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// Plugins inspect the machine through these file systems of the kernel. Lists those missing.
std::vector<std::string_view> MissingTrees() {
  std::error_code ignored;
  std::vector<std::string_view> missing;
  for (const std::string_view path : {"/proc/self", "/sys/devices"}) {
    if (!std::filesystem::exists(path, ignored)) missing.push_back(path);
  }
  return missing;
}

// Only for the operator.
Wording MissingText() {
  const auto missing = MissingTrees();
  if (missing.empty()) return "";
  const bool is_one = missing.size() == 1;
  return {"", fmt::format("; {} {} not there: mount {}", fmt::join(missing, " and "),
                          is_one ? "is" : "are", is_one ? "it" : "them")};
}

// OpenVINO logs to standard output by default, which is the guest's. This turns its lines into
// debug messages, from the first use of OpenVINO until the log is destroyed at exit.
class LogTaker {
 public:
  LogTaker() {
    base::Log();
    ov::util::set_log_callback(take_);
  }
  ~LogTaker() { ov::util::set_log_callback({}); }
  LogTaker(const LogTaker&) = delete;
  LogTaker& operator=(const LogTaker&) = delete;

 private:
  // OpenVINO keeps a pointer to it.
  const std::function<void(std::string_view)> take_ = [](std::string_view message) {
    base::Log().debug("openvino: {}", message);
  };
};

}  // namespace

std::string VendorVersion() { return ov::get_openvino_version().buildNumber; }

Result<std::shared_ptr<ov::Core>> Runtime::Core() {
  const std::scoped_lock lock(mutex_);
  if (!core_) {
    static const LogTaker log_taker;
    auto core = VendorCall("can't start OpenVINO", [] { return std::make_shared<ov::Core>(); });
    if (!core) return core;
    core_ = *std::move(core);
  }
  return core_;
}

Runtime::~Runtime() {
  for (const auto& [device, look] : identities_) {
    if (look.begun()) look.Wait();
  }
}

bool DeviceLook::failed() const {
  return identity_.wait_for(std::chrono::seconds(0)) == std::future_status::ready &&
         !identity_.get().has_value();
}

Result<std::string> DeviceLook::Get() const {
  if (identity_.wait_until(until_) == std::future_status::ready) return identity_.get();
  return base::Fail(ErrorCode::kRuntimeError, "OpenVINO hangs while it starts{}", MissingText());
}

DeviceLook Runtime::DeviceIdentity(const std::string& device) {
  const auto core = Core();
  const std::scoped_lock lock(mutex_);
  DeviceLook& look = identities_[device];
  if (look.begun() && !look.failed()) return look;
  std::promise<Result<std::string>> promise;
  // Without both, the start is known to hang.
  const auto timeout =
      MissingTrees().size() < 2 ? start_timeout_ : std::min(start_timeout_, kLostTimeout);
  DeviceLook started(promise.get_future().share(), DeviceLook::Clock::now() + timeout);
  try {
    // Detached, because a thread that hangs can't be stopped.
    std::thread([core, device, threads = threads(), promise = std::move(promise)]() mutable {
      promise.set_value(!core ? Result<std::string>(base::Fail(core))
                              : VendorCall(fmt::format("can't use the device {}", device),
                                           [&] { return Identify(**core, device, threads); }));
    }).detach();
  } catch (const std::system_error& error) {
    std::promise<Result<std::string>> failed;
    failed.set_value(base::Fail(ErrorCode::kRuntimeError,
                                "can't use the device {}: can't start a thread for it{}", device,
                                Wording("", fmt::format(": {}", base::NoThreadText(error)))));
    return {failed.get_future().share(), DeviceLook::Clock::now()};
  }
  return look = std::move(started);
}

Result<std::vector<Device>> Runtime::Devices() {
  if (auto cpu = DeviceIdentity("CPU").Get(); !cpu) return base::Fail(std::move(cpu));
  const auto core = Core();
  if (!core) return base::Fail(core);
  return VendorCall("can't list OpenVINO's devices", [&] {
    std::vector<Device> devices;
    for (const std::string& name : (*core)->get_available_devices()) {
      devices.push_back({name, (*core)->get_property(name, ov::device::full_name)});
    }
    return devices;
  });
}

bool Runtime::TakeNote(const std::string& note) {
  const std::scoped_lock lock(mutex_);
  return notes_.insert(note).second;
}

Result<std::string> Runtime::DeviceFor(Target target) {
  if (target == Target::kCpu) return "CPU";
  const auto devices = Devices();
  if (!devices) return base::Fail(devices);
  const Device* const device = FindDevice(*devices, target == Target::kTpu ? "NPU" : "GPU");
  if (device != nullptr) return device->name;
  if (target == Target::kAuto) return "CPU";
  return base::Fail(ErrorCode::kUnsupported, "OpenVINO finds no device here for the target {}{}",
                    TargetName(target),
                    Wording("", fmt::format("; available devices: {}", Names(*devices))));
}

}  // namespace namesake::openvino
