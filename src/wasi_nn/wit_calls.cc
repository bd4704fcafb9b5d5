#include "wasi_nn/wit_calls.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "graph/tensor_copy.h"
#include "view/open_context.h"
#include "wasi_nn/abi_call.h"
#include "wasi_nn/wit_codes.h"
#include "wasi_nn/wit_objects.h"

namespace namesake::wasi_nn::wit {
namespace {

using Bytes = NamesakeBytes;
using Outcome = NamesakeOutcome;

std::span<const std::byte> AsSpan(Bytes bytes) {
  return {reinterpret_cast<const std::byte*>(bytes.data), bytes.len};
}

std::string_view AsText(Bytes bytes) {
  return bytes.len == 0 ? std::string_view()
                        : std::string_view(reinterpret_cast<const char*>(bytes.data), bytes.len);
}

Bytes ToBytes(std::string_view text) {
  return {.data = reinterpret_cast<const std::uint8_t*>(text.data()), .len = text.size()};
}

Objects& ObjectsIn(NamesakeView* view) { return ObjectsOf(FromC(view)); }

// Null for a number that refers to no tensor.
Tensor* FindTensor(NamesakeView* view, std::uint32_t number) noexcept {
  Objects* const objects = FindObjects(FromC(view));
  return objects == nullptr ? nullptr : objects->FindTensor(number);
}

// Returns an error's text for guests. The only place that mentions further details in the log.
std::string GuestText(const Error& error) {
  // The message may quote a model's bytes.
  std::string text =
      base::IsUtf8(error.message()) ? error.message() : base::Printable(error.message());
  // WIT has no code for busy.
  if (error.code() == ErrorCode::kBusy) text.insert(0, "busy: ");
  if (error.has_detail()) text += "; see the host's log for the reason";
  return text;
}

std::uint32_t AddError(NamesakeView* view, std::string_view function, const Error& error) noexcept {
  const Code code = ToCode(error.code());
  const auto level =
      error.code() == ErrorCode::kInternal ? spdlog::level::err : spdlog::level::debug;
  return WithoutThrowing([&] {
           base::Log().log(level, "wasi:nn {}: {}: {}", function, ErrorCodeName(error.code()),
                           error.detail());
           FromC(view).NoteRefusal(function, error);
           return ObjectsIn(view).AddError(code, GuestText(error));
         })
      .value_or(Objects::ErrorWithoutText(code));
}

// Makes one call: `body` returns the number of the resource it made, or 0 for none.
template <typename Body>
Outcome Answer(NamesakeView* view, std::string_view function, const Body& body) noexcept {
  const auto made = WithoutThrowing([&] { return body(FromC(view)); });
  if (!made) return {.is_error = true, .rep = AddError(view, function, made.error())};
  return {.is_error = false, .rep = *made};
}

template <typename Handle>
Result<std::uint32_t> Number(const Result<Handle>& handle) {
  if (!handle) return base::Fail(handle);
  return std::to_underlying(*handle);
}

Result<std::uint32_t> Done(const Result<void>& done) {
  if (!done) return base::Fail(done);
  return 0;
}

struct Format {
  Encoding encoding;
  Target target;
};

Result<Format> ReadFormat(std::uint8_t encoding_number, std::uint8_t target_number) {
  const auto encoding = ToEncoding(encoding_number);
  if (!encoding) {
    return base::Fail(ErrorCode::kInvalidEncoding, "unknown encoding {}", encoding_number);
  }
  const auto target = ToTarget(target_number);
  if (!target) {
    return base::Fail(ErrorCode::kInvalidArgument, "unknown target {}", target_number);
  }
  return Format{*encoding, *target};
}

Result<std::vector<std::span<const std::byte>>> ReadParts(NamesakeParts given) {
  static_assert(kMaxModelParts <= NAMESAKE_MAX_PARTS);
  if (auto checked = CheckPartCount(given.count); !checked) return base::Fail(std::move(checked));
  std::vector<std::span<const std::byte>> parts;
  for (const Bytes part : std::span(given.parts, given.count)) parts.push_back(AsSpan(part));
  return parts;
}

// Tensors.

Result<HeldTensor> MakeTensor(View& view, std::span<const std::uint32_t> dims, std::uint8_t number,
                              std::span<const std::byte> data) {
  const auto type = ToElementType(number);
  if (!type) return base::Fail(ErrorCode::kInvalidArgument, "unknown element type {}", number);
  if (auto checked = CheckRank(dims.size()); !checked) return base::Fail(std::move(checked));
  const std::vector<std::uint64_t> extents(dims.begin(), dims.end());
  return view.NewTensor({.type = *type, .dims = extents, .data = data});
}

std::uint32_t TensorNew(NamesakeView* c_view, NamesakeExtents dimensions, std::uint8_t type,
                        Bytes data) noexcept {
  const auto added = WithoutThrowing([&]() -> Result<std::uint32_t> {
    View& view = FromC(c_view);
    auto place = view.NewTensorPlace();
    if (!place) return Objects::kNoTensor;
    const auto dims = std::span(dimensions.data, dimensions.len);
    auto value = MakeTensor(view, dims, type, AsSpan(data));
    // Guests can't ask for what the host did not keep.
    const auto kept = dims.first(std::min(dims.size(), kMaxRank));
    return ObjectsIn(c_view).AddTensor({.place = *std::move(place),
                                        .value = std::move(value),
                                        .dims = {kept.begin(), kept.end()},
                                        .type = type});
  });
  if (!added) base::Log().debug("wasi:nn tensor: {}", added.error().detail());
  return added.value_or(Objects::kTensorWithoutMemory);
}

NamesakeExtents TensorDimensions(NamesakeView* view, std::uint32_t number) noexcept {
  const Tensor* const tensor = FindTensor(view, number);
  if (tensor == nullptr) return {.data = nullptr, .len = 0};
  return {.data = tensor->dims.data(), .len = tensor->dims.size()};
}

std::uint8_t TensorType(NamesakeView* view, std::uint32_t number) noexcept {
  const Tensor* const tensor = FindTensor(view, number);
  return tensor == nullptr ? *ToNumber(ElementType::kF32) : tensor->type;
}

// The crate copies the bytes directly into the guest's list: the only copy of an output.
Bytes TensorData(NamesakeView* view, std::uint32_t number) noexcept {
  const Tensor* const tensor = FindTensor(view, number);
  if (tensor == nullptr || !tensor->value) return {.data = nullptr, .len = 0};
  const SharedTensor& held = tensor->value->tensor;
  graph::CountCopiedTensorBytes(held.size);
  return {.data = reinterpret_cast<const std::uint8_t*>(held.bytes.get()), .len = held.size};
}

void TensorDrop(NamesakeView* view, std::uint32_t number) noexcept {
  if (Objects* const objects = FindObjects(FromC(view))) objects->DropTensor(number);
}

// Returns the tensor that its constructor made, or the error that it made instead.
Result<const SharedTensor*> Use(NamesakeView* view, std::uint32_t number) {
  if (number == Objects::kTensorWithoutMemory) return OutOfMemory();
  const Tensor* const tensor = FindTensor(view, number);
  if (tensor == nullptr) {
    return base::FailAt("max_tensors", ErrorCode::kResourceExhausted,
                        "the tensor was created while the guest held the most it may "
                        "(max_tensors); drop some and create it again");
  }
  if (!tensor->value) return base::Fail(tensor->value);
  return &tensor->value->tensor;
}

// Errors.

std::uint32_t ErrorNew(NamesakeView* view, std::uint8_t code, Bytes text) noexcept {
  return WithoutThrowing([&] {
           return ObjectsIn(view).AddError(
               static_cast<Code>(code),
               std::string(AsText(text).substr(0, Objects::kMaxErrorBytes + 1)));
         })
      .value_or(Objects::ErrorWithoutText(static_cast<Code>(code)));
}

std::uint8_t ErrorCodeOf(NamesakeView* view, std::uint32_t number) noexcept {
  return std::to_underlying(Objects::CodeOf(FindObjects(FromC(view)), number));
}

Bytes ErrorText(NamesakeView* view, std::uint32_t number) noexcept {
  return ToBytes(Objects::TextOf(FindObjects(FromC(view)), number));
}

void ErrorDrop(NamesakeView* view, std::uint32_t number) noexcept {
  if (Objects* const objects = FindObjects(FromC(view))) objects->DropError(number);
}

// Graphs.

// `load` receives the parts, the encoding and the target.
template <typename Load>
Outcome LoadParts(NamesakeView* c_view, std::string_view function, NamesakeParts given,
                  std::uint8_t encoding, std::uint8_t target, const Load& load) noexcept {
  return Answer(c_view, function, [&](View& view) -> Result<std::uint32_t> {
    const auto format = ReadFormat(encoding, target);
    if (!format) return base::Fail(format);
    const auto parts = ReadParts(given);
    if (!parts) return base::Fail(parts);
    return Number(load(view, *parts, *format));
  });
}

Outcome Load(NamesakeView* c_view, NamesakeParts given, std::uint8_t encoding,
             std::uint8_t target) noexcept {
  return LoadParts(c_view, "load", given, encoding, target,
                   [](View& view, const auto& parts, Format format) {
                     return view.Load(parts, format.encoding, format.target);
                   });
}

Outcome LoadNamed(NamesakeView* c_view, NamesakeParts given, std::uint8_t encoding,
                  std::uint8_t target, Bytes name) noexcept {
  return LoadParts(c_view, "load-named", given, encoding, target,
                   [&](View& view, const auto& parts, Format format) {
                     return view.LoadNamed(parts, format.encoding, format.target, AsText(name));
                   });
}

Outcome LoadByName(NamesakeView* c_view, Bytes name) noexcept {
  return Answer(c_view, "load-by-name",
                [&](View& view) { return Number(view.LoadByName(AsText(name))); });
}

Outcome LoadByNameWithConfig(NamesakeView* c_view, Bytes name, Bytes config) noexcept {
  return Answer(c_view, "load-by-name-with-config", [&](View& view) {
    return Number(view.LoadByNameWithConfig(AsText(name), AsText(config)));
  });
}

Outcome RegisterNamed(NamesakeView* c_view, Bytes name, std::uint8_t encoding, std::uint8_t target,
                      Bytes path) noexcept {
  return Answer(c_view, "register-named", [&](View& view) -> Result<std::uint32_t> {
    const auto format = ReadFormat(encoding, target);
    if (!format) return base::Fail(format);
    return Done(view.RegisterNamed(AsText(name), format->encoding, format->target, AsText(path)));
  });
}

Outcome UnregisterNamed(NamesakeView* c_view, Bytes name) noexcept {
  return Answer(c_view, "unregister-named",
                [&](View& view) { return Done(view.UnregisterNamed(AsText(name))); });
}

void ListNamed(NamesakeView* c_view, void* sink, NamesakeTextSink take) noexcept {
  const auto listed = WithoutThrowing([&] {
    for (const std::string& name : FromC(c_view).ListNamed()) take(sink, ToBytes(name));
  });
  // The interface can't report errors here.
  if (!listed) base::Log().error("wasi:nn list-named: {}", listed.error().detail());
}

// Null if the view has no such graph; a component can't refer to one.
const std::vector<TensorInfo>* TensorsOf(NamesakeView* view, std::uint32_t graph,
                                         std::uint8_t side) noexcept {
  const auto found = WithoutThrowing([&] { return FromC(view).FindGraph(GraphHandle{graph}); });
  if (!found) return nullptr;
  return side == NAMESAKE_INPUTS ? &(*found)->inputs() : &(*found)->outputs();
}

Outcome GraphInitContext(NamesakeView* c_view, std::uint32_t graph) noexcept {
  return Answer(c_view, "init-execution-context",
                [&](View& view) { return Number(view.InitExecutionContext(GraphHandle{graph})); });
}

void GraphDrop(NamesakeView* view, std::uint32_t graph) noexcept {
  // A component can't refer to a graph that the view does not have; there would be nothing to drop.
  static_cast<void>(WithoutThrowing([&] { return FromC(view).Unload(GraphHandle{graph}); }));
}

std::size_t GraphTensors(NamesakeView* view, std::uint32_t graph, std::uint8_t side) noexcept {
  const auto* const tensors = TensorsOf(view, graph, side);
  return tensors == nullptr ? 0 : tensors->size();
}

// The core's type has the same layout as the C type.
static_assert(sizeof(Dim) == sizeof(NamesakeDimension) &&
              offsetof(Dim, min) == offsetof(NamesakeDimension, min) &&
              offsetof(Dim, max) == offsetof(NamesakeDimension, max));

NamesakeTensorInfo GraphTensor(NamesakeView* view, std::uint32_t graph, std::uint8_t side,
                               std::size_t index) noexcept {
  const auto* const tensors = TensorsOf(view, graph, side);
  if (tensors == nullptr || index >= tensors->size()) return {};
  const TensorInfo& tensor = (*tensors)[index];
  return {.name = ToBytes(tensor.name),
          .ty = std::to_underlying(tensor.type),
          .has_rank = tensor.shape.has_value(),
          .shape = tensor.shape ? reinterpret_cast<const NamesakeDimension*>(tensor.shape->data())
                                : nullptr,
          .rank = tensor.shape ? tensor.shape->size() : 0,
          .alias_count = tensor.aliases.size()};
}

Bytes GraphTensorAlias(NamesakeView* view, std::uint32_t graph, std::uint8_t side,
                       std::size_t index, std::size_t alias) noexcept {
  const auto* const tensors = TensorsOf(view, graph, side);
  if (tensors == nullptr || index >= tensors->size() || alias >= (*tensors)[index].aliases.size()) {
    return ToBytes("");
  }
  return ToBytes((*tensors)[index].aliases[alias]);
}

// Contexts.

Result<void> GiveInput(NamesakeView* c_view, ContextHandle context, Bytes name,
                       std::uint32_t tensor_number) {
  View& view = FromC(c_view);
  const auto index = view.FindInput(context, AsText(name));
  if (!index) return base::Fail(index);
  const auto tensor = Use(c_view, tensor_number);
  if (!tensor) return base::Fail(tensor);
  return view.ShareInput(context, *index, **tensor);
}

// Returns the number of a new tensor that shares the backend's output.
Result<std::uint32_t> TakeOutput(NamesakeView* c_view, ContextHandle context, std::size_t index) {
  View& view = FromC(c_view);
  const auto graph = view.FindGraph(context);
  if (!graph) return base::Fail(graph);
  const TensorInfo& info = (*graph)->outputs()[index];
  const auto type = ToNumber(view::CarriedAs(info.type));
  if (!type) {
    return base::Fail(ErrorCode::kUnsupported, "{} has type {}, which wasi:nn has no tensors for",
                      TensorLabel("output", index, info), ElementTypeName(info.type));
  }
  auto place = view.NewTensorPlace();
  if (!place) return base::Fail(place);
  auto output = view.ShareOutput(context, index);
  if (!output) return base::Fail(output);
  Tensor tensor{.place = *std::move(place), .value = *std::move(output), .dims = {}, .type = *type};
  for (const std::uint64_t extent : tensor.value->tensor.dims) {
    tensor.dims.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(extent, UINT32_MAX)));
  }
  if (tensor.dims.empty()) tensor.dims.push_back(1);  // As the specification represents a scalar.
  return ObjectsIn(c_view).AddTensor(std::move(tensor));
}

Outcome ContextSetInput(NamesakeView* c_view, std::uint32_t context, Bytes name,
                        std::uint32_t tensor) noexcept {
  const Outcome outcome = Answer(c_view, "set-input", [&](View&) {
    return Done(GiveInput(c_view, ContextHandle{context}, name, tensor));
  });
  TensorDrop(c_view, tensor);
  return outcome;
}

Outcome ContextCompute(NamesakeView* c_view, std::uint32_t context) noexcept {
  return Answer(c_view, "compute",
                [&](View& view) { return Done(view.Compute(ContextHandle{context})); });
}

Outcome ContextGetOutput(NamesakeView* c_view, std::uint32_t context, Bytes name) noexcept {
  return Answer(c_view, "get-output", [&](View& view) -> Result<std::uint32_t> {
    const auto index = view.FindOutput(ContextHandle{context}, AsText(name));
    if (!index) return base::Fail(index);
    return TakeOutput(c_view, ContextHandle{context}, *index);
  });
}

Outcome ContextBeginInputs(NamesakeView* c_view, std::uint32_t context,
                           std::size_t count) noexcept {
  return Answer(c_view, "compute", [&](View& view) -> Result<std::uint32_t> {
    const auto graph = view.FindGraph(ContextHandle{context});
    if (!graph) return base::Fail(graph);
    ObjectsIn(c_view).given_inputs().clear();
    const std::size_t inputs = (*graph)->inputs().size();
    if (count <= inputs) return 0;
    return base::Fail(ErrorCode::kInvalidArgument, "{} inputs were given, but the graph has {}",
                      count, inputs);
  });
}

Outcome ContextGiveInput(NamesakeView* c_view, std::uint32_t number, Bytes name,
                         std::uint32_t tensor) noexcept {
  const ContextHandle context{number};
  const Outcome outcome = Answer(c_view, "compute", [&](View& view) -> Result<std::uint32_t> {
    const auto index = view.FindInput(context, AsText(name));
    if (!index) return base::Fail(index);
    auto& given = ObjectsIn(c_view).given_inputs();
    if (std::ranges::find(given, *index) != given.end()) {
      return base::Fail(ErrorCode::kInvalidArgument, "input \"{}\" is given twice",
                        base::Printable(AsText(name)));
    }
    given.push_back(*index);
    return Done(GiveInput(c_view, context, name, tensor));
  });
  TensorDrop(c_view, tensor);
  return outcome;
}

using TakeNamed = void (*)(void* sink, NamesakeNamedTensor output);

// Outputs made for a guest. Drops them unless all could be made.
class MadeOutputs {
 public:
  MadeOutputs(NamesakeView* view, std::size_t count) : view_(view) { named_.reserve(count); }
  ~MadeOutputs() {
    for (const auto& [name, tensor] : named_) TensorDrop(view_, tensor);
  }
  MadeOutputs(const MadeOutputs&) = delete;
  MadeOutputs& operator=(const MadeOutputs&) = delete;

  bool empty() const { return named_.empty(); }
  // Can't fail, so that no output is lost: room is reserved, and `name` is only moved.
  void Add(std::string name, std::uint32_t tensor) noexcept {
    named_.emplace_back(std::move(name), tensor);
  }
  void GiveTo(void* sink, TakeNamed take) {
    for (const auto& [name, tensor] : std::exchange(named_, {})) {
      take(sink, {.name = ToBytes(name), .tensor = tensor});
    }
  }

 private:
  NamesakeView* const view_;
  std::vector<std::pair<std::string, std::uint32_t>> named_;
};

// Passes on all outputs that wasi:nn can represent; fails if the graph only has others.
Result<void> GiveOutputs(NamesakeView* c_view, ContextHandle context, void* sink, TakeNamed take) {
  const auto graph = FromC(c_view).FindGraph(context);
  if (!graph) return base::Fail(graph);
  const auto& infos = (*graph)->outputs();
  MadeOutputs made(c_view, infos.size());
  std::optional<Error> left_out;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    std::string name = infos[i].name.empty() ? fmt::to_string(i) : infos[i].name;
    const auto tensor = TakeOutput(c_view, context, i);
    if (tensor) {
      made.Add(std::move(name), *tensor);
    } else if (ToNumber(view::CarriedAs(infos[i].type))) {
      return base::Fail(tensor);
    } else {
      base::Log().debug("wasi:nn compute: {}; it is omitted", tensor.error().detail());
      left_out = tensor.error();
    }
  }
  if (left_out && made.empty()) return std::unexpected(*std::move(left_out));
  made.GiveTo(sink, take);
  return {};
}

Outcome ContextComputeAll(NamesakeView* c_view, std::uint32_t context, void* sink,
                          TakeNamed take) noexcept {
  return Answer(c_view, "compute", [&](View& view) -> Result<std::uint32_t> {
    if (auto computed = view.Compute(ContextHandle{context}); !computed) return Done(computed);
    return Done(GiveOutputs(c_view, ContextHandle{context}, sink, take));
  });
}

void ContextDrop(NamesakeView* view, std::uint32_t context) noexcept {
  static_cast<void>(WithoutThrowing(
      [&] { return FromC(view).FinalizeExecutionContext(ContextHandle{context}); }));
}

}  // namespace

const NamesakeWasiNn& Calls() {
  static constexpr NamesakeWasiNn kCalls = {
      .tensor_new = TensorNew,
      .tensor_dimensions = TensorDimensions,
      .tensor_type = TensorType,
      .tensor_data = TensorData,
      .tensor_drop = TensorDrop,
      .error_new = ErrorNew,
      .error_code = ErrorCodeOf,
      .error_text = ErrorText,
      .error_drop = ErrorDrop,
      .load = Load,
      .load_by_name = LoadByName,
      .load_by_name_with_config = LoadByNameWithConfig,
      .load_named = LoadNamed,
      .register_named = RegisterNamed,
      .unregister_named = UnregisterNamed,
      .list_named = ListNamed,
      .graph_init_context = GraphInitContext,
      .graph_drop = GraphDrop,
      .graph_tensors = GraphTensors,
      .graph_tensor = GraphTensor,
      .graph_tensor_alias = GraphTensorAlias,
      .context_set_input = ContextSetInput,
      .context_compute = ContextCompute,
      .context_get_output = ContextGetOutput,
      .context_begin_inputs = ContextBeginInputs,
      .context_give_input = ContextGiveInput,
      .context_compute_all = ContextComputeAll,
      .context_drop = ContextDrop,
  };
  return kCalls;
}

}  // namespace namesake::wasi_nn::wit
