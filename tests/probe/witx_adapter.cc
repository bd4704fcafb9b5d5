// The module wasi_ephemeral_nn.
#include <algorithm>
#include <map>

#include "adapter.h"
#include "common/wasi_nn.h"

#define PROBE_IMPORT(name) \
  extern "C" __attribute__((import_module("wasi_ephemeral_nn"), import_name(name)))

PROBE_IMPORT("load_by_name_with_config")
wasi_nn::Errno wasi_nn_load_by_name_with_config(const char* name, std::size_t name_length,
                                                const char* config, std::size_t config_length,
                                                std::uint32_t* graph);
PROBE_IMPORT("load_named")
wasi_nn::Errno wasi_nn_load_named(const wasi_nn::abi::Builder* builders, std::size_t builder_count,
                                  std::uint32_t encoding, std::uint32_t target, const char* name,
                                  std::size_t name_length, std::uint32_t* graph);
PROBE_IMPORT("register_named")
wasi_nn::Errno wasi_nn_register_named(const char* name, std::size_t name_length,
                                      std::uint32_t encoding, std::uint32_t target,
                                      const char* path, std::size_t path_length);
PROBE_IMPORT("unregister_named")
wasi_nn::Errno wasi_nn_unregister_named(const char* name, std::size_t name_length);
PROBE_IMPORT("list_named")
wasi_nn::Errno wasi_nn_list_named(void* buffer, std::size_t buffer_size, std::size_t* byte_count);
PROBE_IMPORT("describe")
wasi_nn::Errno wasi_nn_describe(std::uint32_t graph, void* buffer, std::size_t buffer_size,
                                std::size_t* byte_count);

#undef PROBE_IMPORT

namespace probe {
namespace {

using wasi_nn::Errno;

std::map<std::uint32_t, TensorValue>& Tensors() {
  static std::map<std::uint32_t, TensorValue> tensors;
  return tensors;
}

Error ToError(Errno error, std::string text = "") {
  std::string code = wasi_nn::Name(error);
  std::ranges::replace(code, '_', '-');
  return {.code = std::move(code), .text = std::move(text)};
}

Result<void> ToResult(Errno error) {
  if (error == Errno::kSuccess) return {};
  return std::unexpected(ToError(error));
}

template <typename Handle>
Result<Handle> ToResult(Errno error, std::uint32_t handle) {
  if (error == Errno::kSuccess) return Handle{handle};
  return std::unexpected(ToError(error));
}

// Calls `get(buffer, size, needed)` with a buffer as large as it needs, or of `buffer_bytes`.
template <typename Get>
Result<Bytes> ReadBuffer(Get get, std::optional<std::size_t> buffer_bytes = std::nullopt) {
  Bytes buffer(buffer_bytes.value_or(0));
  std::size_t byte_count = 0;
  Errno error = get(buffer.data(), buffer.size(), &byte_count);
  if (error == Errno::kTooLarge && !buffer_bytes) {
    buffer.resize(byte_count);
    error = get(buffer.data(), buffer.size(), &byte_count);
  }
  if (error == Errno::kTooLarge) {
    return std::unexpected(ToError(error, "it needs " + std::to_string(byte_count) + " bytes"));
  }
  if (error != Errno::kSuccess) return std::unexpected(ToError(error));
  buffer.resize(byte_count);
  return buffer;
}

struct ModelNumbers {
  std::uint32_t encoding = 0;
  std::uint32_t target = 0;
};

std::optional<ModelNumbers> ToNumbers(const Model& model) {
  const auto encoding = NumberOf(model.encoding, {"openvino", "onnx", "tensorflow", "pytorch",
                                                  "tensorflowlite", "autodetect", "ggml"});
  const auto target = NumberOf(model.target, {"cpu", "gpu", "tpu", "auto"});
  if (!encoding || !target) return std::nullopt;
  return ModelNumbers{*encoding, *target};
}

std::vector<wasi_nn::abi::Builder> ToBuilders(const std::vector<Bytes>& parts) {
  std::vector<wasi_nn::abi::Builder> builders;
  for (const Bytes& part : parts) builders.push_back({part.data(), part.size()});
  return builders;
}

}  // namespace

std::string_view InterfaceName() { return "witx"; }

Result<Graph> Load(const std::vector<Bytes>& parts, const Model& model) {
  const auto numbers = ToNumbers(model);
  if (!numbers) return std::unexpected(kUnsupported);
  const auto builders = ToBuilders(parts);
  std::uint32_t graph = 0;
  const Errno error = wasi_nn::abi::wasi_nn_load(
      builders.data(), builders.size(), static_cast<wasi_nn::Encoding>(numbers->encoding),
      static_cast<wasi_nn::Target>(numbers->target), &graph);
  return ToResult<Graph>(error, graph);
}

Result<Graph> LoadByName(std::string_view name) {
  std::uint32_t graph = 0;
  const Errno error = wasi_nn::abi::wasi_nn_load_by_name(name.data(), name.size(), &graph);
  return ToResult<Graph>(error, graph);
}

Result<Context> InitContext(Graph graph) {
  std::uint32_t context = 0;
  const Errno error =
      wasi_nn::abi::wasi_nn_init_execution_context(static_cast<std::uint32_t>(graph), &context);
  return ToResult<Context>(error, context);
}

Result<Tensor> MakeTensor(const TensorValue& value) {
  static std::uint32_t last = 0;
  Tensors()[++last] = value;
  return Tensor{last};
}

Result<TensorValue> ReadTensor(Tensor) { return std::unexpected(kUnsupported); }

Result<void> SetInput(Context context, std::string_view name, Tensor tensor) {
  const TensorValue& value = Tensors()[static_cast<std::uint32_t>(tensor)];
  const auto index = NumberOf("#" + std::string(name), {});
  const auto type = NumberOf(value.type, {"f16", "f32", "f64", "u8", "i32", "i64"});
  if (!index || !type) return std::unexpected(kUnsupported);
  const wasi_nn::abi::Tensor argument = {value.dims.data(), value.dims.size(),
                                         static_cast<wasi_nn::TensorType>(*type), value.data.data(),
                                         value.data.size()};
  return ToResult(
      wasi_nn::abi::wasi_nn_set_input(static_cast<std::uint32_t>(context), *index, &argument));
}

Result<void> Compute(Context context) {
  return ToResult(wasi_nn::abi::wasi_nn_compute(static_cast<std::uint32_t>(context)));
}

Result<void> Infer(Context context, const std::vector<NamedTensor>& inputs) {
  for (const auto& [name, tensor] : inputs) {
    if (auto set = SetInput(context, name, tensor); !set) return set;
  }
  return Compute(context);
}

Result<TensorValue> GetOutput(Context context, std::string_view name,
                              std::optional<std::size_t> buffer_bytes) {
  const auto index = NumberOf("#" + std::string(name), {});
  if (!index) return std::unexpected(kUnsupported);
  auto data = ReadBuffer(
      [&](void* buffer, std::size_t size, std::size_t* byte_count) {
        return wasi_nn::abi::wasi_nn_get_output(static_cast<std::uint32_t>(context), *index, buffer,
                                                size, byte_count);
      },
      buffer_bytes);
  if (!data) return std::unexpected(data.error());
  return TensorValue{.dims = {}, .type = "", .data = *std::move(data)};
}

Result<void> Drop(Graph graph) {
  return ToResult(wasi_nn::abi::wasi_nn_unload(static_cast<std::uint32_t>(graph)));
}
Result<void> Drop(Context context) {
  return ToResult(
      wasi_nn::abi::wasi_nn_finalize_execution_context(static_cast<std::uint32_t>(context)));
}
Result<void> Drop(Tensor tensor) {
  Tensors().erase(static_cast<std::uint32_t>(tensor));
  return {};
}

// Errors are plain numbers here, so nothing is held.
std::vector<Error> HoldErrors(std::uint32_t count, std::string_view name) {
  std::vector<Error> errors;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto graph = LoadByName(name);
    errors.push_back(graph ? kUnsupported : graph.error());
  }
  return errors;
}

Result<Error> MakeError(std::string_view, std::string_view) {
  return std::unexpected(kUnsupported);
}

Result<Graph> LoadNamed(const std::vector<Bytes>& parts, const Model& model,
                        std::string_view name) {
  const auto numbers = ToNumbers(model);
  if (!numbers) return std::unexpected(kUnsupported);
  const auto builders = ToBuilders(parts);
  std::uint32_t graph = 0;
  const Errno error = wasi_nn_load_named(builders.data(), builders.size(), numbers->encoding,
                                         numbers->target, name.data(), name.size(), &graph);
  return ToResult<Graph>(error, graph);
}

Result<Graph> LoadByNameWithConfig(std::string_view name, std::string_view config) {
  std::uint32_t graph = 0;
  const Errno error = wasi_nn_load_by_name_with_config(name.data(), name.size(), config.data(),
                                                       config.size(), &graph);
  return ToResult<Graph>(error, graph);
}

Result<void> RegisterNamed(std::string_view name, const Model& model, std::string_view path) {
  const auto numbers = ToNumbers(model);
  if (!numbers) return std::unexpected(kUnsupported);
  return ToResult(wasi_nn_register_named(name.data(), name.size(), numbers->encoding,
                                         numbers->target, path.data(), path.size()));
}

Result<void> UnregisterNamed(std::string_view name) {
  return ToResult(wasi_nn_unregister_named(name.data(), name.size()));
}

Result<std::vector<std::string>> ListNamed() {
  const auto text = ReadBuffer(wasi_nn_list_named);
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> names;
  for (auto start = text->begin(); start != text->end();) {
    const auto end = std::find(start, text->end(), '\n');
    names.emplace_back(start, end);
    start = end == text->end() ? end : end + 1;
  }
  return names;
}

Result<std::string> Describe(Graph graph) {
  const auto text = ReadBuffer([&](void* buffer, std::size_t size, std::size_t* byte_count) {
    return wasi_nn_describe(static_cast<std::uint32_t>(graph), buffer, size, byte_count);
  });
  if (!text) return std::unexpected(text.error());
  return std::string(text->begin(), text->end());
}

}  // namespace probe
