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

#include "backend_openvino/compiled_form.h"
#include "backend_openvino/context.h"
#include "backend_openvino/empty_inputs.h"
#include "backend_openvino/explain.h"
#include "backend_openvino/model_reader.h"
#include "backend_openvino/notes.h"
#include "backend_openvino/options.h"
#include "backend_openvino/ports.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
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

// One load, with checked parameters.
class Loader {
 public:
  Loader(Runtime& runtime, std::shared_ptr<ov::Core> core, ModelLayout layout, std::string device,
         Config config, Origin origin, Deadline deadline)
      : runtime_(runtime),
        core_(std::move(core)),
        layout_(std::move(layout)),
        device_(std::move(device)),
        config_(std::move(config)),
        origin_(origin),
        deadline_(deadline),
        identity_(runtime.DeviceIdentity(device_)) {}
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
  Result<std::uint64_t> StateBytes(const ov::Model& model) const;
  std::shared_ptr<const Graph> MakeGraph(CompiledForm form, std::shared_ptr<const void> bytes);
  Result<void> CheckDeadline(std::string_view step) const;

  Runtime& runtime_;
  std::shared_ptr<ov::Core> core_;
  ModelLayout layout_;
  std::string device_;
  Config config_;
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
  auto form = ImportForm(*core_, entry->payload(), device_, config_);
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

// Runs before compiling, whose errors for types unknown to the device are less clear.
Result<Description> Loader::Describe(const ov::Model& model) const {
  auto inputs = DescribePorts(model.inputs(), "input");
  if (!inputs) return std::unexpected(inputs.error().WithContext(layout_.name));
  auto outputs = DescribePorts(model.outputs(), "output");
  if (!outputs) return std::unexpected(outputs.error().WithContext(layout_.name));
  const std::vector<bool> may_be_empty = InputsThatMayBeEmpty(model);
  for (std::size_t i = 0; i < inputs->size(); ++i) (*inputs)[i].may_be_empty = may_be_empty[i];
  const auto state_bytes = StateBytes(model);
  if (!state_bytes) return std::unexpected(state_bytes.error().WithContext(layout_.name));
  return Description{
      .inputs = *std::move(inputs), .outputs = *std::move(outputs), .state_bytes = *state_bytes};
}

Result<CompiledForm> Loader::Compile(const std::optional<std::filesystem::path>& temporary_dir) {
  const auto model = ReadModel(layout_, temporary_dir);
  if (!model) return base::Fail(model);
  auto description = VendorCall(base::Worded("OpenVINO can't describe {}", layout_.name),
                                [&] { return Describe(**model); });
  if (!description) return base::Fail(description);
  if (const auto ready = identity_.Get(); !ready) return base::Fail(ready);
  if (auto time = CheckDeadline("compiled"); !time) return base::Fail(std::move(time));
  auto compiled =
      VendorCall(base::Worded("OpenVINO can't compile {} for {}", layout_.name, device_),
                 [&] { return core_->compile_model(*model, device_, config_.properties); });
  if (!compiled) return base::Fail(compiled);
  CompiledForm form{.model = *std::move(compiled), .description = *std::move(description)};
  if (auto checked = CheckForm(form); !checked) {
    return std::unexpected(checked.error().WithContext(layout_.name));
  }
  base::Log().debug("openvino: compiled {} for {}", layout_.name.for_operator(), device_);
  return form;
}

std::shared_ptr<const Graph> Loader::MakeGraph(CompiledForm form,
                                               std::shared_ptr<const void> bytes) {
  std::vector<std::string> notes = NotesOn(form.description, device_);
  if (std::string note = NoteOn(layout_); !note.empty()) notes.push_back(std::move(note));
  for (const std::string& note : notes) {
    // A guest that loads repeatedly, or causes lazy models to load, must not flood the operator's
    // log.
    const bool is_new =
        origin_ == Origin::kOperator && runtime_.TakeNote(layout_.name.for_operator() + note);
    base::Log().log(is_new ? spdlog::level::warn : spdlog::level::debug, "{}: {}",
                    layout_.name.for_operator(), note);
  }
  return NewGraph(std::move(form.description), layout_.encoding, layout_.bytes, std::move(notes),
                  {.core = core_, .bytes = std::move(bytes), .compiled = std::move(form.model)});
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
  auto config = MakeConfig(model.options, *device, model.origin);
  if (!config) return base::Fail(config);
  auto core = runtime.Core();
  if (!core) return base::Fail(core);
  return Loader(runtime, *std::move(core), std::move(layout), *std::move(device),
                *std::move(config), model.origin, deadline)
      .Load(options);
}

Result<std::string> IdentifyForm(Runtime& runtime, const Model& model) {
  auto device = runtime.DeviceFor(model.target);
  if (!device) return base::Fail(device);
  const DeviceLook look = runtime.DeviceIdentity(*device);
  auto config = MakeConfig(model.options, *device, model.origin);
  if (!config) return base::Fail(config);
  auto identity = look.Get();
  if (!identity) return identity;
  return fmt::format("{}|{}|{}", kCompiledFormVersion, config->text, *identity);
}

}  // namespace namesake::openvino
