// wasi:nn in the version PROBE_INTERFACE, such as "2024-10-28", with PROBE_WASI_NN as the number
// 20241028; and, if PROBE_NAMESAKE_NN is 1, namesake:nn.
#include <probe.h>

#include <algorithm>
#include <array>
#include <map>

#include "adapter.h"

namespace probe {
namespace {

constexpr std::array<std::string_view, 9> kErrorCodes = {
    "invalid-argument", "invalid-encoding", "timeout",  "runtime-error", "unsupported-operation",
    "too-large",        "not-found",        "security", "unknown"};

// Lends text to a call: the bindings lack const, but no call writes to what it is lent.
probe_string_t Lend(std::string_view text) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())), text.size()};
}

std::string Take(probe_string_t* text) {
  std::string copy(reinterpret_cast<const char*>(text->ptr), text->len);
  probe_string_free(text);
  return copy;
}

Error ReadError(wasi_nn_errors_own_error_t error) {
  const auto borrowed = wasi_nn_errors_borrow_error(error);
  const wasi_nn_errors_error_code_t code = wasi_nn_errors_method_error_code(borrowed);
  probe_string_t text;
  wasi_nn_errors_method_error_data(borrowed, &text);
  return {.code = code < kErrorCodes.size() ? std::string(kErrorCodes[code])
                                            : "code " + std::to_string(code),
          .text = Take(&text)};
}

Error Take(wasi_nn_errors_own_error_t error) {
  Error taken = ReadError(error);
  wasi_nn_errors_error_drop_own(error);
  return taken;
}

template <typename Handle, typename Own>
Result<Handle> ToResult(bool good, Own own, wasi_nn_errors_own_error_t error) {
  if (!good) return std::unexpected(Take(error));
  return static_cast<Handle>(own.__handle);
}

[[maybe_unused]] Result<void> ToResult(bool good, wasi_nn_errors_own_error_t error) {
  if (!good) return std::unexpected(Take(error));
  return {};
}

wasi_nn_graph_borrow_graph_t Borrow(Graph graph) {
  return wasi_nn_graph_borrow_graph({static_cast<std::int32_t>(graph)});
}
wasi_nn_inference_borrow_graph_execution_context_t Borrow(Context context) {
  return wasi_nn_inference_borrow_graph_execution_context({static_cast<std::int32_t>(context)});
}

struct ModelNumbers {
  std::uint8_t encoding = 0;
  std::uint8_t target = 0;
};

std::optional<ModelNumbers> ToNumbers(const Model& model) {
  const auto encoding = NumberOf(model.encoding, {"openvino", "onnx", "tensorflow", "pytorch",
                                                  "tensorflowlite", "ggml", "autodetect"});
  const auto target = NumberOf(model.target, {"cpu", "gpu", "tpu"});
  if (!encoding || !target) return std::nullopt;
  return ModelNumbers{static_cast<std::uint8_t>(*encoding), static_cast<std::uint8_t>(*target)};
}

constexpr std::initializer_list<std::string_view> kTypes = {"f16", "f32", "f64", "bf16",
                                                            "u8",  "i32", "i64"};

std::optional<wasi_nn_tensor_own_tensor_t> MakeOwn(const TensorValue& value) {
  const auto type = NumberOf(value.type, kTypes);
  if (!type) return std::nullopt;
  wasi_nn_tensor_tensor_dimensions_t dimensions = {const_cast<std::uint32_t*>(value.dims.data()),
                                                   value.dims.size()};
  wasi_nn_tensor_tensor_data_t data = {const_cast<std::uint8_t*>(value.data.data()),
                                       value.data.size()};
  return wasi_nn_tensor_constructor_tensor(&dimensions, static_cast<std::uint8_t>(*type), &data);
}

TensorValue Read(wasi_nn_tensor_own_tensor_t tensor) {
  const auto borrowed = wasi_nn_tensor_borrow_tensor(tensor);
  TensorValue value;
  wasi_nn_tensor_tensor_dimensions_t dimensions;
  wasi_nn_tensor_method_tensor_dimensions(borrowed, &dimensions);
  value.dims.assign(dimensions.ptr, dimensions.ptr + dimensions.len);
  wasi_nn_tensor_tensor_dimensions_free(&dimensions);
  value.type = std::data(kTypes)[wasi_nn_tensor_method_tensor_ty(borrowed)];
  wasi_nn_tensor_tensor_data_t data;
  wasi_nn_tensor_method_tensor_data(borrowed, &data);
  value.data.assign(data.ptr, data.ptr + data.len);
  wasi_nn_tensor_tensor_data_free(&data);
  return value;
}

// The values that the probe made its tensors from, by handle.
std::map<Tensor, TensorValue>& Tensors() {
  static std::map<Tensor, TensorValue> tensors;
  return tensors;
}

template <typename Builder, typename List>
struct Builders {
  explicit Builders(const std::vector<Bytes>& parts) {
    for (const Bytes& part : parts) {
      builders.push_back({const_cast<std::uint8_t*>(part.data()), part.size()});
    }
    list = {builders.data(), builders.size()};
  }
  std::vector<Builder> builders;
  List list;
};

}  // namespace

Result<Graph> Load(const std::vector<Bytes>& parts, const Model& model) {
  const auto numbers = ToNumbers(model);
  if (!numbers) return std::unexpected(kUnsupported);
  Builders<wasi_nn_graph_graph_builder_t, wasi_nn_graph_list_graph_builder_t> builders(parts);
  wasi_nn_graph_own_graph_t graph;
  wasi_nn_errors_own_error_t error;
  const bool good =
      wasi_nn_graph_load(&builders.list, numbers->encoding, numbers->target, &graph, &error);
  return ToResult<Graph>(good, graph, error);
}

Result<Graph> LoadByName(std::string_view name) {
  probe_string_t name_argument = Lend(name);
  wasi_nn_graph_own_graph_t graph;
  wasi_nn_errors_own_error_t error;
  const bool good = wasi_nn_graph_load_by_name(&name_argument, &graph, &error);
  return ToResult<Graph>(good, graph, error);
}

Result<Context> InitContext(Graph graph) {
  wasi_nn_inference_own_graph_execution_context_t context;
  wasi_nn_errors_own_error_t error;
  const bool good =
      wasi_nn_graph_method_graph_init_execution_context(Borrow(graph), &context, &error);
  return ToResult<Context>(good, context, error);
}

Result<Tensor> MakeTensor(const TensorValue& value) {
  const auto own = MakeOwn(value);
  if (!own) return std::unexpected(kUnsupported);
  const auto tensor = static_cast<Tensor>(own->__handle);
  Tensors()[tensor] = value;
  return tensor;
}

Result<TensorValue> ReadTensor(Tensor tensor) { return Read({static_cast<std::int32_t>(tensor)}); }

#if PROBE_WASI_NN < 20241028

Result<void> SetInput(Context context, std::string_view name, Tensor tensor) {
  const auto own = MakeOwn(Tensors()[tensor]);
  if (!own) return std::unexpected(kUnsupported);
  probe_string_t name_argument = Lend(name);
  wasi_nn_errors_own_error_t error;
  const bool good = wasi_nn_inference_method_graph_execution_context_set_input(
      Borrow(context), &name_argument, *own, &error);
  return ToResult(good, error);
}

Result<void> Compute(Context context) {
  wasi_nn_errors_own_error_t error;
  const bool good =
      wasi_nn_inference_method_graph_execution_context_compute(Borrow(context), &error);
  return ToResult(good, error);
}

Result<void> Infer(Context context, const std::vector<NamedTensor>& inputs) {
  for (const auto& [name, tensor] : inputs) {
    if (auto set = SetInput(context, name, tensor); !set) return set;
  }
  return Compute(context);
}

Result<TensorValue> GetOutput(Context context, std::string_view name,
                              std::optional<std::size_t> buffer_bytes) {
  if (buffer_bytes) return std::unexpected(kUnsupported);
  probe_string_t name_argument = Lend(name);
  wasi_nn_tensor_own_tensor_t tensor;
  wasi_nn_errors_own_error_t error;
  if (!wasi_nn_inference_method_graph_execution_context_get_output(Borrow(context), &name_argument,
                                                                   &tensor, &error)) {
    return std::unexpected(Take(error));
  }
  TensorValue value = Read(tensor);
  wasi_nn_tensor_tensor_drop_own(tensor);
  return value;
}

namespace {
void Forget(Context) {}
}  // namespace

#else

namespace {

// In this version, inputs and outputs are part of one call: set inputs are kept for every compute,
// outputs until the next one.
struct Kept {
  std::map<std::string, TensorValue, std::less<>> inputs;
  std::vector<std::pair<std::string, wasi_nn_tensor_own_tensor_t>> outputs;
};

std::map<Context, Kept>& Contexts() {
  static std::map<Context, Kept> contexts;
  return contexts;
}

void DropOutputs(Kept& kept) {
  for (const auto& [name, tensor] : kept.outputs) wasi_nn_tensor_tensor_drop_own(tensor);
  kept.outputs.clear();
}

void Forget(Context context) {
  DropOutputs(Contexts()[context]);
  Contexts().erase(context);
}

}  // namespace

Result<void> SetInput(Context context, std::string_view name, Tensor tensor) {
  if (!Tensors().contains(tensor)) return std::unexpected(kUnsupported);
  Contexts()[context].inputs.insert_or_assign(std::string(name), Tensors()[tensor]);
  return {};
}

namespace {

struct NamedValue {
  std::string_view name;
  const TensorValue* value;
};

Result<void> ComputeOn(Context context, const std::vector<NamedValue>& values) {
  Kept& kept = Contexts()[context];
  DropOutputs(kept);
  std::vector<wasi_nn_inference_named_tensor_t> named;
  for (const auto& [name, value] : values) named.push_back({Lend(name), *MakeOwn(*value)});
  wasi_nn_inference_list_named_tensor_t inputs = {named.data(), named.size()};
  wasi_nn_inference_list_named_tensor_t outputs;
  wasi_nn_errors_own_error_t error;
  if (!wasi_nn_inference_method_graph_execution_context_compute(Borrow(context), &inputs, &outputs,
                                                                &error)) {
    return std::unexpected(Take(error));
  }
  for (std::size_t i = 0; i < outputs.len; ++i) {
    const auto& [name, tensor] = outputs.ptr[i];
    kept.outputs.emplace_back(std::string(reinterpret_cast<const char*>(name.ptr), name.len),
                              tensor);
  }
  wasi_nn_inference_list_named_tensor_free(&outputs);
  return {};
}

}  // namespace

Result<void> Compute(Context context) {
  std::vector<NamedValue> values;
  for (const auto& [name, value] : Contexts()[context].inputs) values.push_back({name, &value});
  return ComputeOn(context, values);
}

Result<void> Infer(Context context, const std::vector<NamedTensor>& inputs) {
  std::vector<NamedValue> values;
  for (const auto& [name, tensor] : inputs) {
    if (!Tensors().contains(tensor)) return std::unexpected(kUnsupported);
    values.push_back({name, &Tensors()[tensor]});
  }
  return ComputeOn(context, values);
}

Result<TensorValue> GetOutput(Context context, std::string_view name,
                              std::optional<std::size_t> buffer_bytes) {
  if (buffer_bytes) return std::unexpected(kUnsupported);
  const auto& outputs = Contexts()[context].outputs;
  const auto named =
      std::ranges::find(outputs, name, &std::pair<std::string, wasi_nn_tensor_own_tensor_t>::first);
  if (named != outputs.end()) return Read(named->second);
  const auto index = NumberOf("#" + std::string(name), {});
  if (index && *index < outputs.size()) return Read(outputs[*index].second);
  return std::unexpected(
      Error{.code = "invalid-argument", .text = "the probe has no such output from a compute"});
}

#endif

Result<void> Drop(Graph graph) {
  wasi_nn_graph_graph_drop_own({static_cast<std::int32_t>(graph)});
  return {};
}

Result<void> Drop(Context context) {
  Forget(context);
  wasi_nn_inference_graph_execution_context_drop_own({static_cast<std::int32_t>(context)});
  return {};
}

Result<void> Drop(Tensor tensor) {
  Tensors().erase(tensor);
  wasi_nn_tensor_tensor_drop_own({static_cast<std::int32_t>(tensor)});
  return {};
}

std::vector<Error> HoldErrors(std::uint32_t count, std::string_view name) {
  std::vector<wasi_nn_errors_own_error_t> held;
  for (std::uint32_t i = 0; i < count; ++i) {
    probe_string_t name_argument = Lend(name);
    wasi_nn_graph_own_graph_t graph;
    wasi_nn_errors_own_error_t error;
    if (!wasi_nn_graph_load_by_name(&name_argument, &graph, &error)) held.push_back(error);
  }
  std::vector<Error> errors;
  for (const auto error : held) errors.push_back(ReadError(error));
  for (const auto error : held) wasi_nn_errors_error_drop_own(error);
  return errors;
}

std::string_view InterfaceName() { return PROBE_INTERFACE; }

#if PROBE_WASI_NN == 20240625
Result<Error> MakeError(std::string_view code, std::string_view text) {
  const auto place = std::ranges::find(kErrorCodes, code);
  if (place == kErrorCodes.end()) return std::unexpected(kUnsupported);
  probe_string_t text_argument = Lend(text);
  return Take(wasi_nn_errors_constructor_error(
      static_cast<std::uint8_t>(place - kErrorCodes.begin()), &text_argument));
}
#else
Result<Error> MakeError(std::string_view, std::string_view) {
  return std::unexpected(kUnsupported);
}
#endif

#if PROBE_NAMESAKE_NN

Result<Graph> LoadNamed(const std::vector<Bytes>& parts, const Model& model,
                        std::string_view name) {
  const auto numbers = ToNumbers(model);
  if (!numbers) return std::unexpected(kUnsupported);
  Builders<namesake_nn_names_graph_builder_t, namesake_nn_names_list_graph_builder_t> builders(
      parts);
  probe_string_t name_argument = Lend(name);
  wasi_nn_graph_own_graph_t graph;
  wasi_nn_errors_own_error_t error;
  const bool good = namesake_nn_names_load_named(&builders.list, numbers->encoding, numbers->target,
                                                 &name_argument, &graph, &error);
  return ToResult<Graph>(good, graph, error);
}

Result<Graph> LoadByNameWithConfig(std::string_view name, std::string_view config) {
  probe_string_t name_argument = Lend(name);
  probe_string_t config_argument = Lend(config);
  wasi_nn_graph_own_graph_t graph;
  wasi_nn_errors_own_error_t error;
  const bool good =
      namesake_nn_names_load_by_name_with_config(&name_argument, &config_argument, &graph, &error);
  return ToResult<Graph>(good, graph, error);
}

Result<void> RegisterNamed(std::string_view name, const Model& model, std::string_view path) {
  const auto numbers = ToNumbers(model);
  if (!numbers) return std::unexpected(kUnsupported);
  probe_string_t name_argument = Lend(name);
  probe_string_t path_argument = Lend(path);
  wasi_nn_errors_own_error_t error;
  const bool good = namesake_nn_names_register_named(&name_argument, numbers->encoding,
                                                     numbers->target, &path_argument, &error);
  return ToResult(good, error);
}

Result<void> UnregisterNamed(std::string_view name) {
  probe_string_t name_argument = Lend(name);
  wasi_nn_errors_own_error_t error;
  return ToResult(namesake_nn_names_unregister_named(&name_argument, &error), error);
}

Result<std::vector<std::string>> ListNamed() {
  probe_list_string_t list;
  namesake_nn_names_list_named(&list);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < list.len; ++i) {
    names.emplace_back(reinterpret_cast<const char*>(list.ptr[i].ptr), list.ptr[i].len);
  }
  probe_list_string_free(&list);
  return names;
}

namespace {

// Not for names that contain control characters.
std::string Quote(probe_string_t text) {
  std::string quoted = "\"";
  for (const char c : std::string_view(reinterpret_cast<const char*>(text.ptr), text.len)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

template <typename List, typename ToText>
std::string JsonList(const List& list, ToText to_text) {
  std::string json;
  for (std::size_t i = 0; i < list.len; ++i) json += (i == 0 ? "" : ",") + to_text(list.ptr[i]);
  return "[" + json + "]";
}

std::string DimensionJson(const namesake_nn_introspection_dimension_t& dimension) {
  const std::string min = std::to_string(dimension.min);
  if (!dimension.max.is_some) return "{\"max\":null,\"min\":" + min + "}";
  if (dimension.max.val == dimension.min) return min;
  return "{\"max\":" + std::to_string(dimension.max.val) + ",\"min\":" + min + "}";
}

std::string TensorJson(const namesake_nn_introspection_tensor_info_t& tensor) {
  constexpr std::array<const char*, 13> kElementTypes = {
      "f16", "bf16", "f32", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bool"};
  return "{\"aliases\":" + JsonList(tensor.aliases, Quote) + ",\"name\":" + Quote(tensor.name) +
         ",\"shape\":" +
         (tensor.shape.is_some ? JsonList(tensor.shape.val, DimensionJson) : "null") +
         ",\"type\":\"" + kElementTypes[tensor.ty] + "\"}";
}

}  // namespace

Result<std::string> Describe(Graph graph) {
  namesake_nn_introspection_graph_info_t info;
  namesake_nn_introspection_describe(Borrow(graph), &info);
  std::string json = "{\"inputs\":" + JsonList(info.inputs, TensorJson) +
                     ",\"outputs\":" + JsonList(info.outputs, TensorJson) + "}";
  namesake_nn_introspection_graph_info_free(&info);
  return json;
}

#else

Result<Graph> LoadNamed(const std::vector<Bytes>&, const Model&, std::string_view) {
  return std::unexpected(kUnsupported);
}
Result<Graph> LoadByNameWithConfig(std::string_view, std::string_view) {
  return std::unexpected(kUnsupported);
}
Result<void> RegisterNamed(std::string_view, const Model&, std::string_view) {
  return std::unexpected(kUnsupported);
}
Result<void> UnregisterNamed(std::string_view) { return std::unexpected(kUnsupported); }
Result<std::vector<std::string>> ListNamed() { return std::unexpected(kUnsupported); }
Result<std::string> Describe(Graph) { return std::unexpected(kUnsupported); }

#endif

}  // namespace probe
