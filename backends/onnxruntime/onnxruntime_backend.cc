#include <array>
#include <utility>

#include "backend_onnxruntime/compiled_form.h"
#include "backend_onnxruntime/loader.h"
#include "backend_onnxruntime/options.h"
#include "backend_onnxruntime/runtime.h"
#include "backend_onnxruntime/warm_up.h"
#include "base/fail.h"
#include "namesake/onnxruntime.h"

namespace namesake {
namespace {

constexpr std::array kEncodings = {Encoding::kOnnx};

class OnnxRuntimeBackend : public Backend {
 public:
  std::string_view name() const override { return "onnxruntime"; }
  std::string version() const override { return onnxruntime::VendorVersion(); }
  std::span<const Encoding> encodings() const override { return kEncodings; }

  std::vector<Device> Devices() const override { return {{"CPU", onnxruntime::ProcessorName()}}; }

  Capabilities capabilities() const override {
    return {.types = AllElementTypes(),
            .features = {Capability::kDynamicShapes, Capability::kEmptyTensors,
                         Capability::kScalars, Capability::kWideIntegers, Capability::kWideFloats,
                         Capability::kInputsInPlace, Capability::kOutputsInPlace,
                         Capability::kDeadlines, Capability::kCompiledForms}};
  }

  bool KnowsOption(std::string_view key) const override { return onnxruntime::KnowsOption(key); }
  std::vector<OptionProblem> CheckOptions(const Model& model) const override {
    return onnxruntime::CheckOptions(model.options, model.origin);
  }

  Result<void> CheckTarget(Target target) const override {
    return onnxruntime::CheckTarget(target);
  }

  Result<ProcessNeeds> Prepare(const ProcessOptions& options) override {
    runtime_->SetThreads(options.threads);
    return ProcessNeeds{.library_folders = onnxruntime::LibraryFolders(),
                        .warm_up = onnxruntime::WarmUpPaths()};
  }

  Result<FormIdentity> IdentifyForm(const Model& model,
                                    const LoadOptions& /*options*/) const override {
    if (auto target = CheckTarget(model.target); !target) return base::Fail(std::move(target));
    return onnxruntime::IdentifyForm();
  }

  Result<void> WarmUp() override { return onnxruntime::WarmUp(*runtime_); }

 private:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    return onnxruntime::LoadGraph(runtime_, model, layout, options, deadline);
  }

  std::shared_ptr<onnxruntime::Runtime> runtime_ = std::make_shared<onnxruntime::Runtime>();
};

}  // namespace

std::unique_ptr<Backend> NewOnnxRuntimeBackend() {
  onnxruntime::DisableTelemetry();
  return std::make_unique<OnnxRuntimeBackend>();
}

}  // namespace namesake
