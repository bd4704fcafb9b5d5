// wasi-nn for guests in C++20, with or without exceptions: the functions of the module
// `wasi_ephemeral_nn`, with the names and types of its specification.
//
// A guest asks a model in five lines; guests/first/first.cc is a complete one:
//
//   wasi_nn::Graph graph = wasi_nn::LoadByName("photo").OrDie();
//   wasi_nn::ExecutionContext context = graph.InitExecutionContext().OrDie();
//   context.SetInput(0, {1, 3, 224, 224}, pixels).OrDie();
//   context.Compute().OrDie();
//   std::vector<float> scores = context.GetOutput<float>(0).OrDie();
//
// Errors can't be overlooked. Each call returns a Result. OrDie() returns its value; after an
// error, it ends the guest with a message on standard error and exit code 1. A guest that handles
// errors itself calls ok() or error(). A failed Result that is dropped without either ends the
// guest, too.
//
// Graphs and contexts are closed when they are destroyed, since the host limits how many a guest
// has. A context does not need its graph any more. The two calls that close are not in the
// specification: Namesake serves them, but other hosts refuse a guest that imports them. Define
// WASI_NN_SPEC_ONLY to leave them out; then each graph and context lives until the guest ends.
#ifndef NAMESAKE_GUESTS_COMMON_WASI_NN_H_
#define NAMESAKE_GUESTS_COMMON_WASI_NN_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

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

// The error's name in the specification, such as "not_found".
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

// The calls as the host defines them. Pointers are offsets into guest memory, as pointers in wasm32
// are.
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
                   Target target, std::uint32_t* graph);
WASI_NN_IMPORT("load_by_name")
Errno wasi_nn_load_by_name(const char* name, std::size_t name_length, std::uint32_t* graph);
WASI_NN_IMPORT("init_execution_context")
Errno wasi_nn_init_execution_context(std::uint32_t graph, std::uint32_t* context);
WASI_NN_IMPORT("set_input")
Errno wasi_nn_set_input(std::uint32_t context, std::uint32_t index, const Tensor* tensor);
WASI_NN_IMPORT("compute")
Errno wasi_nn_compute(std::uint32_t context);
WASI_NN_IMPORT("get_output")
Errno wasi_nn_get_output(std::uint32_t context, std::uint32_t index, void* buffer,
                         std::size_t buffer_size, std::size_t* byte_count);
#ifndef WASI_NN_SPEC_ONLY
WASI_NN_IMPORT("unload")
Errno wasi_nn_unload(std::uint32_t graph);
WASI_NN_IMPORT("finalize_execution_context")
Errno wasi_nn_finalize_execution_context(std::uint32_t context);
#endif

#undef WASI_NN_IMPORT

}  // namespace abi

// The C++ types of tensors. The specification also has f16, for which C++20 has no type; such an
// output can be read as std::uint8_t.
template <typename T>
concept TensorValue =
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::uint8_t> ||
    std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t>;

template <TensorValue T>
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
    return TensorType::kI64;
  }
}

// The value of a call, or its error. Keeps the call's name for OrDie's message.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  // `error` is not kSuccess.
  Result(Errno error, std::string call) : error_(error), call_(std::move(call)) {}
  Result(Result&& other) noexcept
      : value_(std::move(other.value_)),
        error_(other.error_),
        call_(std::move(other.call_)),
        is_checked_(std::exchange(other.is_checked_, true)) {}
  Result& operator=(Result&&) = delete;

  // Ends the guest if it holds an error that nobody has asked for.
  ~Result() {
    if (!is_checked_ && error_ != Errno::kSuccess) Die();
  }

  bool ok() { return error() == Errno::kSuccess; }

  // Returns kSuccess if there is a value.
  Errno error() {
    is_checked_ = true;
    return error_;
  }

  // Returns the value. After an error, ends the guest with a message and exit code 1.
  T OrDie() && {
    if (!ok()) Die();
    return std::move(*value_);
  }
  T& OrDie() & {
    if (!ok()) Die();
    return *value_;
  }

 private:
  [[noreturn]] void Die() const {
    std::fprintf(stderr, "wasi-nn: %s failed: %s\n", call_.c_str(), Name(error_));
    std::exit(1);
  }

  std::optional<T> value_;
  Errno error_ = Errno::kSuccess;
  std::string call_;
  bool is_checked_ = false;
};

// The result of a call without a value.
using Status = Result<std::monostate>;

using Closer = Errno (*)(std::uint32_t handle);

// Owns a handle of the host and closes it on destruction. A handle that was closed, released, moved
// from or never opened is empty; calls on it fail with kInvalidArgument.
template <Closer close>
class Handle {
 public:
  Handle() = default;
  // Takes ownership of a handle from the host.
  explicit Handle(std::uint32_t number) : number_(number) {}
  Handle(Handle&& other) noexcept : number_(other.Release()) {}
  Handle& operator=(Handle&& other) noexcept {
    const std::optional<std::uint32_t> number = other.Release();
    Close();
    number_ = number;
    return *this;
  }
  ~Handle() { Close(); }

  // The host's number for it, for calls that this header lacks.
  std::optional<std::uint32_t> number() const { return number_; }

  // Closes it now. Does nothing if the host does not know the handle.
  void Close() {
    if (const auto number = Release()) static_cast<void>(close(*number));
  }

  // Gives up the handle without closing it.
  std::optional<std::uint32_t> Release() { return std::exchange(number_, std::nullopt); }

 private:
  std::optional<std::uint32_t> number_;
};

#ifdef WASI_NN_SPEC_ONLY
inline Errno LeaveOpen(std::uint32_t) { return Errno::kSuccess; }
inline constexpr Closer kCloseGraph = LeaveOpen;
inline constexpr Closer kCloseContext = LeaveOpen;
#else
inline constexpr Closer kCloseGraph = abi::wasi_nn_unload;
inline constexpr Closer kCloseContext = abi::wasi_nn_finalize_execution_context;
#endif

// A vector, array or span of tensor values.
template <typename Values>
concept TensorValues = std::ranges::contiguous_range<Values> && std::ranges::sized_range<Values> &&
                       TensorValue<std::ranges::range_value_t<Values>>;

namespace internal {

inline std::string AtIndex(const char* call, std::uint32_t index) {
  return std::string(call) + " " + std::to_string(index);
}

}  // namespace internal

// Holds the inputs and outputs of one user of a graph. May outlive its Graph.
class ExecutionContext : public Handle<kCloseContext> {
 public:
  using Handle::Handle;

  // Sets the input with this index, in the model's own order. `values` has as many elements as the
  // product of `dimensions`; the host has copied them when this returns. An input stays set until
  // it is set again.
  template <TensorValues Values>
  Status SetInput(std::uint32_t index, std::span<const std::uint32_t> dimensions,
                  const Values& values) {
    using Value = std::ranges::range_value_t<Values>;
    const abi::Tensor tensor = {dimensions.data(), dimensions.size(), TensorTypeOf<Value>(),
                                std::ranges::data(values),
                                std::ranges::size(values) * sizeof(Value)};
    const Errno error =
        number() ? abi::wasi_nn_set_input(*number(), index, &tensor) : Errno::kInvalidArgument;
    if (error != Errno::kSuccess) return {error, internal::AtIndex("set_input", index)};
    return std::monostate{};
  }
  template <TensorValues Values>
  Status SetInput(std::uint32_t index, std::initializer_list<std::uint32_t> dimensions,
                  const Values& values) {
    return SetInput(index, std::span(dimensions.begin(), dimensions.size()), values);
  }

  // Runs the graph on its inputs; returns when the outputs are available.
  Status Compute() {
    const Errno error = number() ? abi::wasi_nn_compute(*number()) : Errno::kInvalidArgument;
    if (error != Errno::kSuccess) return {error, "compute"};
    return std::monostate{};
  }

  // Copies the output with this index to the start of `buffer`, and returns that part of it.
  // Nothing is converted: the buffer must have the output's type. Fails with kTooLarge if the
  // buffer is too short.
  template <TensorValues Buffer>
    requires std::ranges::borrowed_range<Buffer>
  Result<std::span<std::ranges::range_value_t<Buffer>>> GetOutput(std::uint32_t index,
                                                                  Buffer&& buffer) {
    const std::span<std::ranges::range_value_t<Buffer>> values(buffer);
    std::size_t byte_count = 0;
    const Errno error = CopyOutput(index, values.data(), values.size_bytes(), &byte_count);
    if (error != Errno::kSuccess) return {error, internal::AtIndex("get_output", index)};
    return values.first(byte_count / sizeof(values[0]));
  }

  // Like the above, but returns a vector of the output's length. Asks the host for the length; on
  // hosts that don't report it, this fails with kTooLarge.
  template <TensorValue Value>
  Result<std::vector<Value>> GetOutput(std::uint32_t index) {
    std::size_t byte_count = 0;
    Errno error = CopyOutput(index, nullptr, 0, &byte_count);
    std::vector<Value> values;
    if (error == Errno::kTooLarge) {
      values.resize(byte_count / sizeof(Value));
      error = CopyOutput(index, values.data(), values.size() * sizeof(Value), &byte_count);
    }
    if (error != Errno::kSuccess) return {error, internal::AtIndex("get_output", index)};
    return values;
  }

 private:
  // Sets `byte_count` to the output's length, even if the result is kTooLarge.
  Errno CopyOutput(std::uint32_t index, void* buffer, std::size_t buffer_size,
                   std::size_t* byte_count) {
    if (!number()) return Errno::kInvalidArgument;
    return abi::wasi_nn_get_output(*number(), index, buffer, buffer_size, byte_count);
  }
};

// A model of the host that this guest may use.
class Graph : public Handle<kCloseGraph> {
 public:
  using Handle::Handle;

  // A graph has any number of contexts.
  Result<ExecutionContext> InitExecutionContext() const {
    std::uint32_t context = 0;
    const Errno error = number() ? abi::wasi_nn_init_execution_context(*number(), &context)
                                 : Errno::kInvalidArgument;
    if (error != Errno::kSuccess) return {error, "init_execution_context"};
    return ExecutionContext(context);
  }
};

// Loads the graph that the host has under this name. Fails with kNotFound both for a name that does
// not exist and for one that this guest may not see.
inline Result<Graph> LoadByName(std::string_view name) {
  std::uint32_t graph = 0;
  const Errno error = abi::wasi_nn_load_by_name(name.data(), name.size(), &graph);
  if (error != Errno::kSuccess) return {error, "load_by_name \"" + std::string(name) + "\""};
  return Graph(graph);
}

// Loads a graph from the guest's own bytes. `parts` has one part for ONNX, and the XML and the
// weights for OpenVINO.
inline Result<Graph> Load(std::initializer_list<std::span<const std::byte>> parts,
                          Encoding encoding, Target target) {
  std::vector<abi::Builder> builders;
  for (const std::span<const std::byte>& part : parts) {
    builders.push_back({part.data(), part.size()});
  }
  std::uint32_t graph = 0;
  const Errno error = abi::wasi_nn_load(builders.data(), builders.size(), encoding, target, &graph);
  if (error != Errno::kSuccess) return {error, "load"};
  return Graph(graph);
}

}  // namespace wasi_nn

#endif  // NAMESAKE_GUESTS_COMMON_WASI_NN_H_
