#include <array>
#include <utility>

#include "backend_openvino/loader.h"
#include "backend_openvino/options.h"
#include "backend_openvino/runtime.h"
#include "backend_openvino/warm_up.h"
#include "base/fail.h"
#include "base/log.h"
#include "namesake/openvino.h"

namespace namesake {
namespace {

constexpr std::array kEncodings = {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlow,
                                   Encoding::kTensorFlowLite};

class OpenVinoBackend : public Backend {
 public:
  std::string_view name() const override { return "openvino"; }
  std::string version() const override { return openvino::VendorVersion(); }
  std::span<const Encoding> encodings() const override { return kEncodings; }

  std::vector<Device> Devices() const override {
    auto devices = runtime_->Devices();
    if (devices) return *std::move(devices);
    base::Log().warn("{}", devices.error().detail());
    return {};
  }

  // Its CPU computes i64 in 32 bits and f64 in f32, and only some of its operations take tensors
  // without elements.
  Capabilities capabilities() const override {
    return {.types = AllElementTypes(),
            .features = {Capability::kDynamicShapes, Capability::kScalars, Capability::kState,
                         Capability::kInputsInPlace, Capability::kOutputsInPlace,
                         Capability::kDeadlines, Capability::kCompiledForms}};
  }

  bool KnowsOption(std::string_view key) const override { return openvino::KnowsOption(key); }
  std::vector<OptionProblem> CheckOptions(const Model& model) const override {
    return openvino::CheckOptions(model.options, model.origin);
  }

  Result<void> CheckTarget(Target target) const override {
    const auto device = runtime_->DeviceFor(target);
    if (!device) return base::Fail(device);
    return {};
  }

  Result<ProcessNeeds> Prepare(const ProcessOptions& options) override {
    runtime_->SetThreads(options.threads);
    if (auto loaded = openvino::LoadSystemLibraries(); !loaded) return base::Fail(loaded);
    return ProcessNeeds{.library_folders = openvino::LibraryFolders(),
                        .warm_up = openvino::WarmUpPaths()};
  }

  Result<void> WarmUp() override { return openvino::WarmUp(*runtime_); }

  Result<FormIdentity> IdentifyForm(const Model& model,
                                    const LoadOptions& /*options*/) const override {
    return openvino::IdentifyForm(*runtime_, model);
  }

 private:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    return openvino::LoadGraph(*runtime_, model, std::move(layout), options, deadline);
  }

  std::unique_ptr<openvino::Runtime> runtime_ = std::make_unique<openvino::Runtime>();
};

}  // namespace

std::unique_ptr<Backend> NewOpenVinoBackend() { return std::make_unique<OpenVinoBackend>(); }

}  // namespace namesake
