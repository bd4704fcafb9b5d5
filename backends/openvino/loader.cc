#include "backend_openvino/loader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <openvino/op/util/variable.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend_openvino/batch_one.h"
#include "backend_openvino/compiled_form.h"
#include "backend_openvino/context.h"
#include "backend_openvino/empty_inputs.h"
#include "backend_openvino/explain.h"
#include "backend_openvino/model_content.h"
#include "backend_openvino/model_reader.h"
#include "backend_openvino/notes.h"
#include "backend_openvino/options.h"
#include "backend_openvino/ports.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "graph/signature_choice.h"
#include "namesake/compiled_cache.h"

namespace namesake::openvino {
namespace {

// For a variable of a fixed shape. Returns the largest 64-bit number on overflow.
std::uint64_t TwiceTheBytes(const ov::op::util::VariableInfo& variable) {
  std::uint64_t bytes = 2 * variable.data_type.size();
  for (const std::size_t extent : variable.data_shape.to_shape()) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) {
      return std::numeric_limits<std::uint64_t>::max();
    }
  }
  return bytes;
}

// Names each tensor by the name in its place, unless that is empty.
void SetFirstNames(const std::vector<std::string>& names, std::vector<TensorInfo>& tensors) {
  for (std::size_t i = 0; i < std::min(names.size(), tensors.size()); ++i) {
    TensorInfo& tensor = tensors[i];
    // Guests can't pass a name that is not UTF-8.
    if (names[i].empty() || names[i] == tensor.name || !base::IsUtf8(names[i])) continue;
    std::erase(tensor.aliases, names[i]);
    if (!tensor.name.empty()) tensor.aliases.insert(tensor.aliases.begin(), tensor.name);
    tensor.name = names[i];
  }
}

// Compiles one model, which messages call `name`.
struct Compiler {
  std::shared_ptr<ov::Core> core;
  std::shared_ptr<base::AlarmClock> alarms;
  std::string device;
  Config config;
  Wording name;

  Result<ov::CompiledModel> Compile(const std::shared_ptr<ov::Model>& model) const {
    return VendorCall(base::Worded("OpenVINO can't compile {} for {}", name, device),
                      [&] { return core->compile_model(model, device, config.properties); });
  }
  CompiledParts Parts(ov::CompiledModel compiled, std::shared_ptr<const void> bytes) const {
    return {.core = core,
            .alarms = alarms,
            .bytes = std::move(bytes),
            .compiled = std::move(compiled),
            .threads = config.threads};
  }
};

// One load, with checked parameters.
class Loader {
 public:
  Loader(Runtime& runtime, Compiler compiler, ModelLayout layout, Origin origin, Deadline deadline)
      : runtime_(runtime),
        compiler_(std::move(compiler)),
        layout_(std::move(layout)),
        origin_(origin),
        deadline_(deadline),
        identity_(runtime.DeviceIdentity(compiler_.device)) {}
  // Waits for the device's plugin even if the load fails early: a process that exits while the
  // plugin loads would crash.
  ~Loader() { identity_.Wait(); }
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  Result<std::shared_ptr<const Graph>> Load(const LoadOptions& options);

 private:
  std::shared_ptr<const Graph> Import(CompiledSlot& slot);
  Result<CompiledForm> Compile(const std::optional<std::filesystem::path>& temporary_dir);
  Result<Description> Describe(const ov::Model& model) const;
  void NameBySignature(std::vector<TensorInfo>& inputs, std::vector<TensorInfo>& outputs) const;
  Result<std::uint64_t> StateBytes(const ov::Model& model) const;
  std::optional<ov::CompiledModel> CompileForOne(const ov::Model& model) const;
  std::shared_ptr<const Graph> MakeGraph(CompiledForm form, std::shared_ptr<const void> bytes);
  AnyBatch AnyBatchOf(const CompiledForm& form, std::shared_ptr<const void> bytes) const;
  std::shared_ptr<const Graph> MakeBatchGraph(CompiledForm form, std::vector<std::string> notes,
                                              std::shared_ptr<const void> bytes) const;
  Result<void> CheckDeadline(std::string_view step) const;

  Runtime& runtime_;
  Compiler compiler_;
  ModelLayout layout_;
  Origin origin_;
  Deadline deadline_;
  // Requested in advance, so that it is determined while the model is hashed or read.
  DeviceLook identity_;
};

Result<void> Loader::CheckDeadline(std::string_view step) const {
  if (!deadline_.passed()) return {};
  return base::Fail(ErrorCode::kTimeout, "the time to load {} ended before it was {}", layout_.name,
                    step);
}

// Null for a miss.
std::shared_ptr<const Graph> Loader::Import(CompiledSlot& slot) {
  auto found = slot.Find();
  if (!found) return nullptr;
  const auto entry = std::make_shared<const CachedEntry>(*std::move(found));
  auto form = ImportForm(compiler_.core, entry->payload(), compiler_.device, compiler_.config);
  if (form) {
    base::Log().debug("openvino: imported {} from the compiled cache", layout_.name.for_operator());
    return MakeGraph(*std::move(form), entry);
  }
  slot.Discard(form.error().detail());
  return nullptr;
}

// Returns the bytes that a context keeps for the model's variables: each twice, plus overhead.
// Errors: unsupported for a guest's model with a variable of variable size, which no limit would
// count; too_large beyond any memory.
Result<std::uint64_t> Loader::StateBytes(const ov::Model& model) const {
  constexpr std::uint64_t kForVariable = 2048;
  constexpr std::uint64_t kMost = std::numeric_limits<std::ptrdiff_t>::max() / 2;
  std::uint64_t sum = 0;
  for (const auto& variable : model.get_variables()) {
    const ov::op::util::VariableInfo& info = variable->get_info();
    std::uint64_t bytes = 0;
    if (info.data_shape.is_static()) {
      bytes = TwiceTheBytes(info);
    } else if (origin_ == Origin::kGuest) {
      return base::Fail(ErrorCode::kUnsupported, "its variable \"{}\" has no fixed size",
                        base::Printable(info.variable_id));
    }
    sum += kForVariable + std::min(bytes, kMost);
    if (sum > kMost) {
      return base::Fail(ErrorCode::kTooLarge, "its variables are larger than any memory");
    }
  }
  return sum;
}

// The tensors' own names stay as aliases.
void Loader::NameBySignature(std::vector<TensorInfo>& inputs,
                             std::vector<TensorInfo>& outputs) const {
  const ModelContent content(layout_);
  const auto names = graph::NamesBySignature(content.bytes(), compiler_.config.signature);
  SetFirstNames(names.inputs, inputs);
  SetFirstNames(names.outputs, outputs);
}

// Runs before compiling, whose errors for types unknown to the device are less clear.
Result<Description> Loader::Describe(const ov::Model& model) const {
  auto inputs = DescribePorts(model.inputs(), "input");
  if (!inputs) return std::unexpected(inputs.error().WithContext(layout_.name));
  auto outputs = DescribePorts(model.outputs(), "output");
  if (!outputs) return std::unexpected(outputs.error().WithContext(layout_.name));
  if (layout_.encoding == Encoding::kTensorFlowLite) NameBySignature(*inputs, *outputs);
  const std::vector<bool> may_be_empty = InputsThatMayBeEmpty(model);
  for (std::size_t i = 0; i < inputs->size(); ++i) (*inputs)[i].may_be_empty = may_be_empty[i];
  const auto state_bytes = StateBytes(model);
  if (!state_bytes) return std::unexpected(state_bytes.error().WithContext(layout_.name));
  return Description{
      .inputs = *std::move(inputs), .outputs = *std::move(outputs), .state_bytes = *state_bytes};
}

// Empty for a model that gains nothing by it, or that does not compile for it, whatever the reason.
// A large model is compiled only once: what it costs in time, memory and cache is too much.
std::optional<ov::CompiledModel> Loader::CompileForOne(const ov::Model& model) const {
  constexpr std::uint64_t kMostBytes = std::uint64_t{128} << 20;
  if (compiler_.device != "CPU" || layout_.bytes > kMostBytes) return std::nullopt;
  const auto one = VendorCall("can't fix the batch of a model", [&] { return ForBatchOne(model); });
  if (!one || *one == nullptr) return std::nullopt;
  auto compiled = compiler_.Compile(*one);
  if (compiled) return *std::move(compiled);
  base::Log().debug("openvino: not for a batch of one: {}", compiled.error().detail());
  return std::nullopt;
}

Result<CompiledForm> Loader::Compile(const std::optional<std::filesystem::path>& temporary_dir) {
  const auto model = ReadModel(layout_, temporary_dir);
  if (!model) return base::Fail(model);
  auto description = VendorCall(base::Worded("OpenVINO can't describe {}", layout_.name),
                                [&] { return Describe(**model); });
  if (!description) return base::Fail(description);
  if (const auto ready = identity_.Get(); !ready) return base::Fail(ready);
  if (auto time = CheckDeadline("compiled"); !time) return base::Fail(std::move(time));
  CompiledForm form{.model = {}, .description = *std::move(description)};
  if (auto one = CompileForOne(**model)) {
    form.model = *std::move(one);
    form.read_any_batch = [any = *model] { return any; };
  } else {
    auto compiled = compiler_.Compile(*model);
    if (!compiled) return base::Fail(compiled);
    form.model = *std::move(compiled);
  }
  if (auto checked = CheckForm(form); !checked) {
    return std::unexpected(checked.error().WithContext(layout_.name));
  }
  base::Log().debug("openvino: compiled {} for {}", layout_.name.for_operator(), compiler_.device);
  return form;
}

// The graph for any batch is made long after the load, which this outlives.
AnyBatch Loader::AnyBatchOf(const CompiledForm& form, std::shared_ptr<const void> bytes) const {
  const auto make = [compiler = compiler_, encoding = layout_.encoding, size = layout_.bytes,
                     description = form.description, bytes = std::move(bytes)](
                        const std::shared_ptr<ov::Model>& model) -> AnyBatch::Result {
    auto compiled = compiler.Compile(model);
    if (!compiled) return base::Fail(compiled);
    base::Log().debug("openvino: compiled {} for any batch", compiler.name.for_operator());
    return NewGraph(description, encoding, size, {}, compiler.Parts(*std::move(compiled), bytes));
  };
  return AnyBatch([make, read = form.read_any_batch, name = layout_.name] {
    auto model = VendorCall(base::Worded("OpenVINO can't read {}", name), read);
    return [make, model = std::move(model)]() -> AnyBatch::Result {
      if (!model) return base::Fail(model);
      return make(*model);
    };
  });
}

std::shared_ptr<const Graph> Loader::MakeBatchGraph(CompiledForm form,
                                                    std::vector<std::string> notes,
                                                    std::shared_ptr<const void> bytes) const {
  AnyBatch any = AnyBatchOf(form, bytes);
  Description one = form.description;
  SetShapes(form.model.inputs(), one.inputs);
  SetShapes(form.model.outputs(), one.outputs);
  auto graph = NewGraph(std::move(one), layout_.encoding, layout_.bytes, std::move(notes),
                        compiler_.Parts(std::move(form.model), std::move(bytes)));
  return NewBatchGraph(std::move(form.description), std::move(graph), std::move(any));
}

std::shared_ptr<const Graph> Loader::MakeGraph(CompiledForm form,
                                               std::shared_ptr<const void> bytes) {
  std::vector<std::string> notes = NotesOn(form.description, compiler_.device);
  if (std::string note = compiler_.config.signature ? "" : NoteOn(layout_); !note.empty()) {
    notes.push_back(std::move(note));
  }
  for (const std::string& note : notes) {
    // A guest that loads repeatedly, or causes lazy models to load, must not flood the operator's
    // log.
    const bool is_new =
        origin_ == Origin::kOperator && runtime_.TakeNote(layout_.name.for_operator() + note);
    base::Log().log(is_new ? spdlog::level::warn : spdlog::level::debug, "{}: {}",
                    layout_.name.for_operator(), note);
  }
  if (form.read_any_batch != nullptr) {
    return MakeBatchGraph(std::move(form), std::move(notes), std::move(bytes));
  }
  return NewGraph(std::move(form.description), layout_.encoding, layout_.bytes, std::move(notes),
                  compiler_.Parts(std::move(form.model), std::move(bytes)));
}

Result<std::shared_ptr<const Graph>> Loader::Load(const LoadOptions& options) {
  if (auto time = CheckDeadline("read"); !time) return base::Fail(std::move(time));
  if (options.compiled != nullptr) {
    if (auto graph = Import(*options.compiled)) return graph;
  }
  auto form = Compile(options.temporary_dir);
  if (!form) return base::Fail(form);
  if (options.compiled != nullptr) StoreForm(*options.compiled, *form);
  return MakeGraph(*std::move(form), nullptr);
}

}  // namespace

Result<std::shared_ptr<const Graph>> LoadGraph(Runtime& runtime, const Model& model,
                                               ModelLayout layout, const LoadOptions& options,
                                               Deadline deadline) {
  auto device = runtime.DeviceFor(model.target);
  if (!device) return base::Fail(device);
  auto config = MakeConfig(model.options, *device, model.origin, runtime.threads());
  if (!config) return base::Fail(config);
  if (config->signature && layout.encoding != Encoding::kTensorFlowLite) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "option \"{}\" of the openvino backend is only for the encoding {}",
                      graph::kSignatureOption, EncodingName(Encoding::kTensorFlowLite));
  }
  auto core = runtime.Core();
  if (!core) return base::Fail(core);
  Compiler compiler = {.core = *std::move(core),
                       .alarms = runtime.alarms(),
                       .device = *std::move(device),
                       .config = *std::move(config),
                       .name = layout.name};
  return Loader(runtime, std::move(compiler), std::move(layout), model.origin, deadline)
      .Load(options);
}

Result<FormIdentity> IdentifyForm(Runtime& runtime, const Model& model) {
  auto device = runtime.DeviceFor(model.target);
  if (!device) return base::Fail(device);
  const DeviceLook look = runtime.DeviceIdentity(*device);
  auto config = MakeConfig(model.options, *device, model.origin, runtime.threads());
  if (!config) return base::Fail(config);
  auto identity = look.Get();
  if (!identity) return base::Fail(std::move(identity));
  return FormIdentity{.version = fmt::format("{}, form {}", VendorVersion(), kCompiledFormVersion),
                      .details = fmt::format("{}|{}", config->text, *identity)};
}

}  // namespace namesake::openvino
