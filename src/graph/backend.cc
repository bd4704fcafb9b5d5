#include "namesake/backend.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "graph/cache_slot.h"
#include "graph/graph_table.h"
#include "graph/signature_choice.h"
#include "graph/warm_up.h"

namespace namesake {
namespace {

std::optional<std::size_t> Find(const std::vector<TensorInfo>& tensors, std::string_view name) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].name.empty() && tensors[i].name == name) return i;
    for (const std::string& alias : tensors[i].aliases) {
      if (alias == name) return i;
    }
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  // An index has one spelling: "00" and "+1" are not indices.
  if (name.size() > 1 && name.front() == '0') return std::nullopt;
  return index < tensors.size() ? std::optional(index) : std::nullopt;
}

}  // namespace

std::optional<std::size_t> Graph::FindInput(std::string_view name) const {
  return Find(inputs_, name);
}
std::optional<std::size_t> Graph::FindOutput(std::string_view name) const {
  return Find(outputs_, name);
}

ExecutionContext::ExecutionContext(std::shared_ptr<const Graph> graph)
    : graph_(std::move(graph)),
      input_set_(graph_->inputs().size(), false),
      shared_inputs_(graph_->inputs().size()) {}

Result<void> ExecutionContext::CheckInput(std::size_t index, const TensorView& tensor) const {
  const auto& inputs = graph_->inputs();
  if (index >= inputs.size()) {
    return base::Fail(ErrorCode::kInvalidArgument, "unknown input {}; the graph has {}", index,
                      inputs.size());
  }
  return CheckTensor(inputs[index], tensor, TensorLabel("input", index, inputs[index]));
}

Result<void> ExecutionContext::SetInput(std::size_t index, const TensorView& tensor) {
  if (auto checked = CheckInput(index, tensor); !checked) return checked;
  if (auto copied = CopyInput(index, tensor); !copied) return copied;
  input_set_[index] = true;
  shared_inputs_[index] = {};
  return {};
}

Result<void> ExecutionContext::ShareInput(std::size_t index, const SharedTensor& tensor) {
  if (auto checked = CheckInput(index, tensor.view()); !checked) return checked;
  if (auto bound = BindInput(index, tensor); !bound) return bound;
  input_set_[index] = true;
  shared_inputs_[index] = {.bytes = tensor.bytes, .size = tensor.size};
  return {};
}

Result<void> ExecutionContext::Compute(Deadline deadline) {
  for (std::size_t i = 0; i < input_set_.size(); ++i) {
    if (!input_set_[i]) {
      return base::Fail(ErrorCode::kInvalidArgument, "{} was never set",
                        TensorLabel("input", i, graph_->inputs()[i]));
    }
  }
  computed_ = false;
  if (auto run = Run(deadline); !run) return run;
  computed_ = true;
  return {};
}

Result<void> ExecutionContext::CheckOutput(std::size_t index) const {
  if (index >= graph_->outputs().size()) {
    return base::Fail(ErrorCode::kInvalidArgument, "unknown output {}; the graph has {}", index,
                      graph_->outputs().size());
  }
  if (!computed_) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "there is no output yet: no inference has succeeded, or the last one failed");
  }
  return {};
}

Result<TensorView> ExecutionContext::Output(std::size_t index) {
  if (auto checked = CheckOutput(index); !checked) return base::Fail(std::move(checked));
  return ReadOutput(index);
}

Result<SharedTensor> ExecutionContext::ShareOutput(std::size_t index) {
  if (auto checked = CheckOutput(index); !checked) return base::Fail(std::move(checked));
  auto kept = KeepOutput(index);
  if (!kept) return kept;
  if (auto owned = CheckOwned(index, *kept); !owned) return base::Fail(std::move(owned));
  return kept;
}

// Detects a backend that lends bytes it does not own, or an input's bytes without sharing its
// owner.
Result<void> ExecutionContext::CheckOwned(std::size_t index, const SharedTensor& kept) const {
  if (kept.size == 0) return {};
  const std::less<const std::byte*> before;
  const auto is_foreign = [&](const Shared& input) {
    const auto bytes = input.bytes.lock();
    const bool apart = bytes == nullptr || !before(bytes.get(), kept.bytes.get() + kept.size) ||
                       !before(kept.bytes.get(), bytes.get() + input.size);
    return !apart && (bytes.owner_before(kept.bytes) || kept.bytes.owner_before(bytes));
  };
  if (kept.bytes.use_count() > 0 && std::ranges::none_of(shared_inputs_, is_foreign)) return {};
  return base::FailInternal("the backend lends {} without owning its memory",
                            TensorLabel("output", index, graph_->outputs()[index]));
}

Result<void> ExecutionContext::BindInput(std::size_t index, const SharedTensor& tensor) {
  return CopyInput(index, tensor.view());
}

Result<SharedTensor> ExecutionContext::KeepOutput(std::size_t index) {
  auto output = ReadOutput(index);
  if (!output) return base::Fail(std::move(output));
  return CopyTensor(*output);
}

Result<void> ExecutionContext::PlaceOutput(std::size_t index, std::shared_ptr<std::byte> memory,
                                           std::size_t size) {
  if (index >= graph_->outputs().size()) {
    return base::Fail(ErrorCode::kInvalidArgument, "unknown output {}; the graph has {}", index,
                      graph_->outputs().size());
  }
  TakeOutputMemory(index, std::move(memory), size);
  return {};
}

void ExecutionContext::TakeOutputMemory(std::size_t /*index*/,
                                        std::shared_ptr<std::byte> /*memory*/,
                                        std::size_t /*size*/) {}

Backend::Backend() : graphs_(std::make_unique<graph::GraphTable>()) {}
Backend::~Backend() = default;

Result<ProcessNeeds> Backend::Prepare(const ProcessOptions& /*options*/) { return ProcessNeeds(); }

Result<void> Backend::WarmUp() { return {}; }

void Backend::StartAhead() {}

Result<BackendDescription> Backend::Describe() const {
  return BackendDescription{
      .version = version(), .capabilities = capabilities(), .devices = Devices()};
}

void Backend::Expect(const LoadOptions& /*options*/) {}

bool Backend::KnowsOption(std::string_view /*key*/) const { return false; }

std::vector<OptionProblem> Backend::CheckOptions(const Model& /*model*/) const { return {}; }

Result<void> Backend::CheckTarget(Target /*target*/) const { return {}; }

Result<ModelLayout> Backend::CheckedLayout(const Model& model) const {
  if (std::ranges::count(encodings(), model.encoding) == 0) {
    return base::Fail(ErrorCode::kInvalidEncoding, "the {} backend does not read the encoding {}",
                      name(), EncodingName(model.encoding));
  }
  auto layout = Layout(model);
  if (!layout || model.encoding != Encoding::kTensorFlowLite) return layout;
  return graph::ChooseSignature(*std::move(layout), model.options);
}

Result<std::uint64_t> Backend::Measure(const Model& model) const {
  const auto layout = CheckedLayout(model);
  if (!layout) return base::Fail(layout);
  return layout->bytes;
}

Result<FormIdentity> Backend::IdentifyForm(const Model& /*model*/,
                                           const LoadOptions& /*options*/) const {
  return FormIdentity{};
}

Result<std::shared_ptr<const Graph>> Backend::LoadChecked(const Model& model, ModelLayout layout,
                                                          const LoadOptions& options,
                                                          Deadline deadline) {
  return LoadWarm(model, std::move(layout), options, deadline);
}

Result<std::shared_ptr<const Graph>> Backend::LoadWarm(const Model& model, ModelLayout layout,
                                                       const LoadOptions& options,
                                                       Deadline deadline) {
  const Wording name = layout.name;
  auto graph = LoadLayout(model, std::move(layout), options, deadline);
  // A graph in a worker was warmed up there.
  if (graph && model.warm_up && isolation() == Isolation::kProcess) {
    graph::WarmUp(*graph, name.for_operator(), deadline);
  }
  return graph;
}

Result<std::shared_ptr<const Graph>> Backend::LoadKept(const Model& model, ModelLayout layout,
                                                       const LoadOptions& options,
                                                       Deadline deadline) {
  if (options.cache == nullptr) return LoadWarm(model, std::move(layout), options, deadline);
  auto slot = graph::FindSlot(*this, model, layout, options);
  if (!slot) return base::Fail(std::move(slot));
  LoadOptions with_slot = options;
  with_slot.compiled = slot->get();
  return LoadWarm(model, std::move(layout), with_slot, deadline);
}

Result<std::shared_ptr<const Graph>> Backend::Load(const Model& model, const LoadOptions& options,
                                                   Deadline deadline) {
  Expect(options);
  auto layout = CheckedLayout(model);
  if (!layout) return base::Fail(layout);
  const auto content = graph::ContentOf(model, *layout);
  const ModelLayout files = *layout;
  const auto load = [&] { return LoadKept(model, *std::move(layout), options, deadline); };
  if (!content) return load();
  // Files are opened long after they were looked at, and a link may lead elsewhere by then.
  const auto is_unchanged = [&] {
    return std::holds_alternative<ModelLayout::Memory>(files.parts) ||
           graph::ContentOf(model, files) == content;
  };
  return graphs_->FindOrLoad({options.placement, *content}, deadline, load, is_unchanged);
}

std::shared_ptr<const Graph> Backend::FindLoaded(const Model& model,
                                                 const Placement& placement) const {
  if (graphs_->is_empty()) return nullptr;
  const auto layout = CheckedLayout(model);
  if (!layout || !graphs_->HasModelOf(layout->bytes)) return nullptr;
  const auto content = graph::ContentOf(model, *layout);
  return content ? graphs_->Find({placement, *content}) : nullptr;
}

}  // namespace namesake
