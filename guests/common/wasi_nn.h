// wasi-nn for guests in C++: the functions of the module `wasi_ephemeral_nn`, with the names and
// the types that they have in its specification, and without their pointers to structs of pointers.
//
// A guest needs five calls to ask a model something:
//
//   wasi_nn::Graph graph;
//   wasi_nn::ExecutionContext context;
//   wasi_nn::LoadByName("efficientnet", &graph);
//   wasi_nn::InitExecutionContext(graph, &context);
//   wasi_nn::SetInput(context, 0, {1, 3, 224, 224}, std::span<const float>(pixels));
//   wasi_nn::Compute(context);
//   wasi_nn::GetOutput(context, 0, std::span<float>(scores), &count);
//
// Every call returns an Errno, and nothing else is changed by a call that fails. Handles are plain
// numbers that live as long as the instance: wasi-nn has no call that closes one.
#ifndef NAMESAKE_GUESTS_COMMON_WASI_NN_H_
#define NAMESAKE_GUESTS_COMMON_WASI_NN_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>

namespace wasi_nn {

enum class [[nodiscard]] Errno : std::uint32_t {
  kSuccess = 0,
  kInvalidArgument = 1,
  kInvalidEncoding = 2,
  kMissingMemory = 3,
  kBusy = 4,
  kRuntimeError = 5,
  kUnsupportedOperation = 6,
  kTooLarge = 7,
  kNotFound = 8,
};

// The specification's own word, such as "not_found".
constexpr const char* Name(Errno error) {
  switch (error) {
    case Errno::kSuccess:
      return "success";
    case Errno::kInvalidArgument:
      return "invalid_argument";
    case Errno::kInvalidEncoding:
      return "invalid_encoding";
    case Errno::kMissingMemory:
      return "missing_memory";
    case Errno::kBusy:
      return "busy";
    case Errno::kRuntimeError:
      return "runtime_error";
    case Errno::kUnsupportedOperation:
      return "unsupported_operation";
    case Errno::kTooLarge:
      return "too_large";
    case Errno::kNotFound:
      return "not_found";
  }
  return "an error that wasi-nn does not define";
}

enum class Encoding : std::uint32_t {
  kOpenVino = 0,
  kOnnx = 1,
  kTensorFlow = 2,
  kPyTorch = 3,
  kTensorFlowLite = 4,
  kAutodetect = 5,
};

enum class Target : std::uint32_t { kCpu = 0, kGpu = 1, kTpu = 2 };

enum class TensorType : std::uint8_t { kF16 = 0, kF32 = 1, kF64 = 2, kU8 = 3, kI32 = 4, kI64 = 5 };

// Distinct types, so that one can't be passed for the other.
struct Graph {
  std::uint32_t handle = 0;
};
struct ExecutionContext {
  std::uint32_t handle = 0;
};

// The calls as the host has them. Pointers are offsets into the guest's memory, which in
// wasm32 is what a pointer is.
namespace abi {

struct Tensor {
  const std::uint32_t* dimensions;
  std::size_t dimension_count;
  TensorType type;
  const void* data;
  std::size_t byte_count;
};
static_assert(sizeof(Tensor) == 20, "the host reads 20 bytes: build for wasm32");

struct Builder {
  const void* data;
  std::size_t byte_count;
};
static_assert(sizeof(Builder) == 8, "the host reads 8 bytes: build for wasm32");

#define WASI_NN_IMPORT(name) \
  extern "C" __attribute__((import_module("wasi_ephemeral_nn"), import_name(name)))

WASI_NN_IMPORT("load")
Errno wasi_nn_load(const Builder* builders, std::size_t builder_count, Encoding encoding,
                   Target target, Graph* graph);
WASI_NN_IMPORT("load_by_name")
Errno wasi_nn_load_by_name(const char* name, std::size_t name_length, Graph* graph);
WASI_NN_IMPORT("init_execution_context")
Errno wasi_nn_init_execution_context(std::uint32_t graph, ExecutionContext* context);
WASI_NN_IMPORT("set_input")
Errno wasi_nn_set_input(std::uint32_t context, std::uint32_t index, const Tensor* tensor);
WASI_NN_IMPORT("compute")
Errno wasi_nn_compute(std::uint32_t context);
WASI_NN_IMPORT("get_output")
Errno wasi_nn_get_output(std::uint32_t context, std::uint32_t index, void* buffer,
                         std::size_t buffer_size, std::size_t* byte_count);

#undef WASI_NN_IMPORT

}  // namespace abi

// The wasi-nn type of a C++ type. The specification also has f16, for which C++20 has no type.
template <typename T>
constexpr TensorType TensorTypeOf() {
  if constexpr (std::is_same_v<T, float>) {
    return TensorType::kF32;
  } else if constexpr (std::is_same_v<T, double>) {
    return TensorType::kF64;
  } else if constexpr (std::is_same_v<T, std::uint8_t>) {
    return TensorType::kU8;
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return TensorType::kI32;
  } else {
    static_assert(std::is_same_v<T, std::int64_t>, "wasi-nn has no tensors of this type");
    return TensorType::kI64;
  }
}

// The graph that the host has under that name. A name this guest may not see is kNotFound, as is
// one that does not exist.
inline Errno LoadByName(std::string_view name, Graph* graph) {
  return abi::wasi_nn_load_by_name(name.data(), name.size(), graph);
}

// A graph from bytes that the guest has itself. `parts` is one for ONNX, and the XML and the
// weights for OpenVINO.
inline Errno Load(std::initializer_list<std::span<const std::byte>> parts, Encoding encoding,
                  Target target, Graph* graph) {
  constexpr std::size_t kMaxParts = 4;
  if (parts.size() > kMaxParts) return Errno::kInvalidArgument;
  abi::Builder builders[kMaxParts];
  std::size_t count = 0;
  for (const std::span<const std::byte>& part : parts) {
    builders[count++] = {part.data(), part.size()};
  }
  return abi::wasi_nn_load(builders, count, encoding, target, graph);
}

// What holds the inputs and the outputs of one user of the graph. A graph has any number of them.
inline Errno InitExecutionContext(Graph graph, ExecutionContext* context) {
  return abi::wasi_nn_init_execution_context(graph.handle, context);
}

// Sets the input of that index, counted in the model's own order. `values` has as many elements as
// the product of `dimensions`; the host has copied them when this returns. An input stays set until
// it is set again.
template <typename T>
Errno SetInput(ExecutionContext context, std::uint32_t index,
               std::initializer_list<std::uint32_t> dimensions, std::span<const T> values) {
  const abi::Tensor tensor = {dimensions.begin(), dimensions.size(), TensorTypeOf<T>(),
                              values.data(), values.size_bytes()};
  return abi::wasi_nn_set_input(context.handle, index, &tensor);
}

// Runs the graph on the inputs set, and returns when its outputs are there.
inline Errno Compute(ExecutionContext context) { return abi::wasi_nn_compute(context.handle); }

// Copies the output of that index into `values`, and says in `count` how many values it has. Where
// `values` is too short for them the result is kTooLarge, and `count` is the length it needs.
template <typename T>
Errno GetOutput(ExecutionContext context, std::uint32_t index, std::span<T> values,
                std::size_t* count) {
  std::size_t byte_count = 0;
  const Errno error = abi::wasi_nn_get_output(context.handle, index, values.data(),
                                              values.size_bytes(), &byte_count);
  *count = byte_count / sizeof(T);
  return error;
}

}  // namespace wasi_nn

#endif  // NAMESAKE_GUESTS_COMMON_WASI_NN_H_
