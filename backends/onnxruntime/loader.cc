#include "backend_onnxruntime/loader.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend_onnxruntime/context.h"
#include "backend_onnxruntime/options.h"
#include "backend_onnxruntime/ports.h"
#include "backend_onnxruntime/vendor_call.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "graph/onnx_outline.h"
#include "graph/onnx_scan.h"

namespace namesake::onnxruntime {
namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const std::byte>;

// One load, with checked parameters.
class Loader {
 public:
  Loader(std::shared_ptr<Runtime> runtime, const ModelLayout& layout, Config config,
         Deadline deadline)
      : runtime_(std::move(runtime)), layout_(layout), config_(config), deadline_(deadline) {}

  Result<std::shared_ptr<const Graph>> Load();

 private:
  Result<void> MapFiles();
  Result<void> MapCompanions(const ModelLayout::Files& parts);
  void SetOptions();
  Result<Ort::Session> MakeSession();
  Result<void> CheckDeadline(std::string_view step) const;

  std::shared_ptr<Runtime> runtime_;
  const ModelLayout& layout_;
  Config config_;
  Deadline deadline_;
  // The files, for as long as the load lasts: ONNX Runtime copies what it needs of them.
  std::vector<base::MappedFile> files_;
  Bytes model_;
  Ort::SessionOptions options_;
};

// Gives ONNX Runtime the content of files that tensors name, by the names that the model has for
// them. So it opens none itself.
Result<void> Loader::MapCompanions(const ModelLayout::Files& parts) {
  const auto scan = graph::ScanOnnx(model_);
  if (!scan) return base::Fail(ErrorCode::kRuntimeError, "{} has changed", layout_.name);
  std::vector<char*> contents;
  std::vector<std::size_t> sizes;
  for (const std::string& location : scan->locations) {
    auto file = base::MappedFile::Open((parts.model.parent_path() / location).lexically_normal(),
                                       base::Worded("a file of {}", layout_.name));
    if (!file) return base::Fail(std::move(file));
    const Bytes bytes = files_.emplace_back(*std::move(file)).bytes();
    contents.push_back(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())));
    sizes.push_back(bytes.size());
  }
  if (!contents.empty()) {
    options_.AddExternalInitializersFromFilesInMemory(scan->locations, contents, sizes);
  }
  return {};
}

Result<void> Loader::MapFiles() {
  if (const auto* memory = std::get_if<ModelLayout::Memory>(&layout_.parts)) {
    model_ = *memory->model;
    return {};
  }
  const auto& parts = std::get<ModelLayout::Files>(layout_.parts);
  auto file = base::MappedFile::Open(parts.model, layout_.name);
  if (!file) return base::Fail(std::move(file));
  model_ = files_.emplace_back(*std::move(file)).bytes();
  if (parts.companions.empty()) return {};
  return MapCompanions(parts);
}

void Loader::SetOptions() {
  // Never the format of its own, which it would recognize by the first bytes.
  options_.AddConfigEntry("session.load_model_format", "ONNX");
  // Otherwise the weights share blocks with what inferences need, and blocks are not given back.
  options_.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
  if (!config_.threads) {
    options_.DisablePerSessionThreads();
    return;
  }
  options_.SetIntraOpNumThreads(*config_.threads);
  options_.AddConfigEntry("session.intra_op.allow_spinning", "0");
}

Result<Ort::Session> Loader::MakeSession() {
  auto environment = runtime_->Environment();
  if (!environment) return base::Fail(std::move(environment));
  return VendorCall(base::Worded("ONNX Runtime can't load {}", layout_.name), [&] {
    return Ort::Session(**environment, model_.data(), model_.size(), options_);
  });
}

Result<void> Loader::CheckDeadline(std::string_view step) const {
  if (!deadline_.passed()) return {};
  return base::Fail(ErrorCode::kTimeout, "the time to load {} ended before it was {}", layout_.name,
                    step);
}

Result<std::shared_ptr<const Graph>> Loader::Load() {
  if (auto time = CheckDeadline("read"); !time) return base::Fail(std::move(time));
  if (auto mapped = MapFiles(); !mapped) return base::Fail(std::move(mapped));
  const graph::OnnxOutline outline = graph::OutlineOnnx(model_);
  if (!outline.ports.empty()) {
    return std::unexpected(graph::UnusablePort(layout_.name, outline.ports.front()));
  }
  SetOptions();
  if (auto time = CheckDeadline("compiled"); !time) return base::Fail(std::move(time));
  auto session = MakeSession();
  if (!session) return base::Fail(std::move(session));
  auto ports = VendorCall(base::Worded("ONNX Runtime can't describe {}", layout_.name),
                          [&] { return DescribePorts(*session, outline.unranked); });
  if (!ports) return std::unexpected(ports.error().WithContext(layout_.name));
  base::Log().debug("onnxruntime: loaded {}", layout_.name.for_operator());
  return NewGraph(std::move(runtime_), *std::move(ports), layout_.bytes, *std::move(session));
}

}  // namespace

Result<std::shared_ptr<const Graph>> LoadGraph(std::shared_ptr<Runtime> runtime, const Model& model,
                                               const ModelLayout& layout, Deadline deadline) {
  if (auto target = CheckTarget(model.target); !target) return base::Fail(std::move(target));
  const auto config = MakeConfig(model.options, model.origin);
  if (!config) return base::Fail(config);
  return VendorCall(base::Worded("ONNX Runtime can't load {}", layout.name),
                    [&] { return Loader(std::move(runtime), layout, *config, deadline).Load(); });
}

Result<void> CheckTarget(Target target) {
  if (target == Target::kCpu || target == Target::kAuto) return {};
  return base::Fail(ErrorCode::kUnsupported,
                    "ONNX Runtime finds no device here for the target {}{}", TargetName(target),
                    Wording("", "; available devices: CPU"));
}

}  // namespace namesake::onnxruntime
