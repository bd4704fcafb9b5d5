#include "backend_openvino/runtime.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <openvino/core/version.hpp>
#include <openvino/runtime/properties.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "backend_openvino/vendor_call.h"
#include "base/fail.h"

namespace namesake::openvino {
namespace {

// The kernel's list of what the processor can do. A virtual machine may be called "Intel Xeon
// Processor" whatever it runs on, so that the name alone says too little.
std::string CpuFlags() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("flags") || line.starts_with("Features")) return line;
  }
  return "";
}

std::string Identify(ov::Core& core, const std::string& device) {
  const auto name = core.get_property(device, ov::device::full_name);
  const auto architecture = core.get_property(device, ov::device::architecture);
  const auto capabilities = core.get_property(device, ov::device::capabilities);
  std::string identity = fmt::format("{}|{}|{}|{}|{}", VendorVersion(), device, name, architecture,
                                     fmt::join(capabilities, ","));
  if (device == "CPU") {
    // How a model is split for threads is part of what is compiled.
    identity += fmt::format("|{}|{}", std::thread::hardware_concurrency(), CpuFlags());
  }
  return identity;
}

// Where there are several GPUs, they are "GPU.0", "GPU.1" and so on; the first one serves.
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

// A look at a device that has ended, with an error.
bool HasFailed(const std::shared_future<Result<std::string>>& identity) {
  return identity.wait_for(std::chrono::seconds(0)) == std::future_status::ready &&
         !identity.get().has_value();
}

std::shared_future<Result<std::string>> Ready(Result<std::string> result) {
  std::promise<Result<std::string>> promise;
  promise.set_value(std::move(result));
  return promise.get_future().share();
}

}  // namespace

std::string VendorVersion() { return ov::get_openvino_version().buildNumber; }

Result<std::shared_ptr<ov::Core>> Runtime::Core() {
  const std::scoped_lock lock(mutex_);
  if (!core_) {
    auto core = VendorCall("can't start OpenVINO", [] { return std::make_shared<ov::Core>(); });
    if (!core) return core;
    core_ = *std::move(core);
  }
  return core_;
}

std::shared_future<Result<std::string>> Runtime::DeviceIdentity(const std::string& device) {
  const auto core = Core();
  const std::scoped_lock lock(mutex_);
  auto& identity = identities_[device];
  if (identity.valid() && !HasFailed(identity)) return identity;
  try {
    identity = std::async(std::launch::async, [core, device]() -> Result<std::string> {
                 if (!core) return std::unexpected(core.error());
                 return VendorCall(fmt::format("can't use the device {}", device),
                                   [&] { return Identify(**core, device); });
               }).share();
    return identity;
  } catch (const std::system_error& error) {
    return Ready(Fail(ErrorCode::kRuntimeError, "can't use the device {}: no thread for it: {}",
                      device, error.what()));
  }
}

Result<std::vector<Device>> Runtime::Devices() {
  if (auto cpu = DeviceIdentity("CPU").get(); !cpu) return Fail(std::move(cpu));
  const auto core = Core();
  if (!core) return std::unexpected(core.error());
  return VendorCall("can't list OpenVINO's devices", [&] {
    std::vector<Device> devices;
    for (const std::string& name : (*core)->get_available_devices()) {
      devices.push_back({name, (*core)->get_property(name, ov::device::full_name)});
    }
    return devices;
  });
}

Result<std::string> Runtime::DeviceFor(Target target) {
  if (target == Target::kCpu) return "CPU";
  const auto devices = Devices();
  if (!devices) return std::unexpected(devices.error());
  const Device* const device = FindDevice(*devices, target == Target::kTpu ? "NPU" : "GPU");
  if (device != nullptr) return device->name;
  if (target == Target::kAuto) return "CPU";
  return Fail(ErrorCode::kUnsupported,
              "OpenVINO finds no device here for the target {}; the devices are: {}",
              TargetName(target), Names(*devices));
}

}  // namespace namesake::openvino
