#include "backend_onnxruntime/loader.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend_onnxruntime/compiled_form.h"
#include "backend_onnxruntime/context.h"
#include "backend_onnxruntime/empty_inputs.h"
#include "backend_onnxruntime/options.h"
#include "backend_onnxruntime/ports.h"
#include "backend_onnxruntime/vendor_call.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "graph/onnx_outline.h"
#include "graph/onnx_scan.h"
#include "namesake/compiled_cache.h"

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

  Result<std::shared_ptr<const Graph>> Load(CompiledSlot* slot);

 private:
  Result<void> MapFiles();
  Result<void> MapCompanions(const ModelLayout::Files& parts);
  void SetOptions();
  Result<Ort::Session> MakeSession(Bytes bytes);
  Result<Ort::Session> Compile(CompiledSlot* slot);
  std::shared_ptr<const Graph> Import(CompiledSlot& slot);
  Result<std::shared_ptr<const Graph>> MakeGraph(Ort::Session session, const ModelFacts& facts,
                                                 std::shared_ptr<const void> bytes);
  Result<void> CheckDeadline(std::string_view step) const;

  std::shared_ptr<Runtime> runtime_;
  const ModelLayout& layout_;
  Config config_;
  Deadline deadline_;
  // The files, for as long as the load lasts: ONNX Runtime copies what it needs of them.
  std::vector<base::MappedFile> files_;
  Bytes model_;
  Ort::SessionOptions options_;
  // Whether the slot's file has the form.
  bool is_written_ = false;
};

// Gives ONNX Runtime the content of files that tensors name, by the names that the model has for
// them. It takes them for tensors of the main graph alone, and opens those of subgraphs itself:
// beneath the model's folder, where the layout has looked at them, and not in the working
// directory.
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
  options_.AddConfigEntry("session.model_external_initializers_file_folder_path",
                          parts.model.parent_path().c_str());
  return MapCompanions(parts);
}

void Loader::SetOptions() {
  // Otherwise the weights share blocks with what inferences need, and blocks are not given back.
  options_.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
  if (!config_.threads) {
    options_.DisablePerSessionThreads();
    return;
  }
  options_.SetIntraOpNumThreads(*config_.threads);
  options_.AddConfigEntry("session.intra_op.allow_spinning", "0");
}

Result<Ort::Session> Loader::MakeSession(Bytes bytes) {
  auto environment = runtime_->Environment();
  if (!environment) return base::Fail(std::move(environment));
  return VendorCall(base::Worded("ONNX Runtime can't load {}", layout_.name), [&] {
    return Ort::Session(**environment, bytes.data(), bytes.size(), options_);
  });
}

// Lets ONNX Runtime write what it has made of the model to the slot's file, if there is one. If it
// can't, the model is loaded without.
Result<Ort::Session> Loader::Compile(CompiledSlot* slot) {
  // Never the format of its own, which it would recognize by the first bytes.
  options_.AddConfigEntry("session.load_model_format", "ONNX");
  // The format has offsets of 31 bits, and weights of 16 bits grow to 32.
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 29;
  const auto path =
      slot != nullptr && layout_.bytes <= kMostBytes ? slot->WritablePath() : std::nullopt;
  if (!path) return MakeSession(model_);
  options_.SetOptimizedModelFilePath(path->c_str());
  options_.AddConfigEntry("session.save_model_format", "ORT");
  auto session = MakeSession(model_);
  is_written_ = session.has_value();
  if (session) return session;
  options_.SetOptimizedModelFilePath("");
  return MakeSession(model_);
}

// Null for a miss.
std::shared_ptr<const Graph> Loader::Import(CompiledSlot& slot) {
  auto found = slot.Find();
  if (!found) return nullptr;
  const auto entry = std::make_shared<const CachedEntry>(*std::move(found));
  const auto form = ParseForm(entry->payload());
  if (!form) {
    slot.Discard("it has no description");
    return nullptr;
  }
  SetOptions();
  options_.AddConfigEntry("session.load_model_format", "ORT");
  // Weights stay where they are in the entry.
  options_.AddConfigEntry("session.use_ort_model_bytes_directly", "1");
  options_.AddConfigEntry("session.use_ort_model_bytes_for_initializers", "1");
  auto session = MakeSession(form->graph);
  options_ = Ort::SessionOptions();
  auto graph = session ? MakeGraph(*std::move(session), form->facts, entry)
                       : Result<std::shared_ptr<const Graph>>(base::Fail(session));
  if (!graph) {
    slot.Discard(graph.error().detail());
    return nullptr;
  }
  base::Log().debug("onnxruntime: imported {} from the compiled cache",
                    layout_.name.for_operator());
  return *std::move(graph);
}

Result<std::shared_ptr<const Graph>> Loader::MakeGraph(Ort::Session session,
                                                       const ModelFacts& facts,
                                                       std::shared_ptr<const void> bytes) {
  auto ports = VendorCall(base::Worded("ONNX Runtime can't describe {}", layout_.name),
                          [&] { return DescribePorts(session, facts); });
  if (!ports) return std::unexpected(ports.error().WithContext(layout_.name));
  return NewGraph({.runtime = runtime_,
                   .bytes = std::move(bytes),
                   .session = std::move(session),
                   .threads = static_cast<std::uint64_t>(config_.threads.value_or(1))},
                  *std::move(ports), layout_.bytes);
}

Result<void> Loader::CheckDeadline(std::string_view step) const {
  if (!deadline_.passed()) return {};
  return base::Fail(ErrorCode::kTimeout, "the time to load {} ended before it was {}", layout_.name,
                    step);
}

Result<std::shared_ptr<const Graph>> Loader::Load(CompiledSlot* slot) {
  if (auto time = CheckDeadline("read"); !time) return base::Fail(std::move(time));
  if (slot != nullptr) {
    if (auto graph = Import(*slot)) return graph;
  }
  if (auto mapped = MapFiles(); !mapped) return base::Fail(std::move(mapped));
  const graph::OnnxOutline outline = graph::OutlineOnnx(model_);
  if (!outline.ports.empty()) {
    return std::unexpected(graph::UnusablePort(layout_.name, outline.ports.front()));
  }
  SetOptions();
  if (auto time = CheckDeadline("compiled"); !time) return base::Fail(std::move(time));
  auto session = Compile(slot);
  if (!session) return base::Fail(std::move(session));
  const ModelFacts facts = {.unranked = outline.unranked, .may_be_empty = MayBeEmpty(outline)};
  auto graph = MakeGraph(*std::move(session), facts, nullptr);
  if (!graph) return graph;
  if (is_written_) slot->StoreWritten(FormTrailer(facts));
  base::Log().debug("onnxruntime: loaded {}", layout_.name.for_operator());
  return graph;
}

}  // namespace

Result<std::shared_ptr<const Graph>> LoadGraph(std::shared_ptr<Runtime> runtime, const Model& model,
                                               const ModelLayout& layout,
                                               const LoadOptions& options, Deadline deadline) {
  if (auto target = CheckTarget(model.target); !target) return base::Fail(std::move(target));
  const auto config = MakeConfig(model.options, model.origin);
  if (!config) return base::Fail(config);
  return VendorCall(base::Worded("ONNX Runtime can't load {}", layout.name), [&] {
    return Loader(std::move(runtime), layout, *config, deadline).Load(options.compiled);
  });
}

Result<void> CheckTarget(Target target) {
  if (target == Target::kCpu || target == Target::kAuto) return {};
  return base::Fail(ErrorCode::kUnsupported,
                    "ONNX Runtime finds no device here for the target {}{}", TargetName(target),
                    Wording("", "; available devices: CPU"));
}

}  // namespace namesake::onnxruntime
