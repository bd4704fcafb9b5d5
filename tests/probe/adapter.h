// The operations of wasi-nn, as the probe uses them over every interface: the module ABI (witx) and
// the versions of wasi:nn. Links with either witx_adapter.cc or wit_adapter.cc.
//
// A handle is the number that the host gave the guest, and is passed on unchanged: the host has to
// deal with handles that were dropped or made up.
#ifndef NAMESAKE_TESTS_PROBE_ADAPTER_H_
#define NAMESAKE_TESTS_PROBE_ADAPTER_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace probe {

using Bytes = std::vector<std::uint8_t>;

enum class Graph : std::uint32_t {};
enum class Context : std::uint32_t {};
// With witx, the probe's own number: there, a tensor is nothing but guest memory.
enum class Tensor : std::uint32_t {};

struct Error {
  // Spelled as in wasi:nn: "invalid-argument".
  std::string code;
  // The host's text, if the interface has one.
  std::string text;
};
template <typename T>
using Result = std::expected<T, Error>;

// The error of operations that the interface lacks.
inline const Error kUnsupported = {.code = "unsupported by this interface", .text = ""};

struct TensorValue {
  std::vector<std::uint32_t> dims;
  // Such as "f32", or "#7" for a number without a name.
  std::string type;
  Bytes data;
};

// `encoding` and `target` are names, such as "onnx" and "cpu", or "#7" for a number without a name.
struct Model {
  std::string encoding;
  std::string target;
};

// "witx", or the version's date.
std::string_view InterfaceName();

Result<Graph> Load(const std::vector<Bytes>& parts, const Model& model);
Result<Graph> LoadByName(std::string_view name);
Result<Context> InitContext(Graph graph);
Result<Tensor> MakeTensor(const TensorValue& value);
// Returns the tensor as the host has it.
Result<TensorValue> ReadTensor(Tensor tensor);

// Keeps the tensor: passes the call a new one with the same value.
Result<void> SetInput(Context context, std::string_view name, Tensor tensor);
Result<void> Compute(Context context);
// Sets exactly these inputs and computes, in one step.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};
Result<void> Infer(Context context, const std::vector<NamedTensor>& inputs);
// With witx, the name is an index, the result has neither dimensions nor type, and `buffer_bytes`
// is the size of the buffer; if it is empty, the buffer is as large as needed.
Result<TensorValue> GetOutput(Context context, std::string_view name,
                              std::optional<std::size_t> buffer_bytes);

Result<void> Drop(Graph graph);
Result<void> Drop(Context context);
Result<void> Drop(Tensor tensor);

// Makes an error of the guest's own and reads it back.
Result<Error> MakeError(std::string_view code, std::string_view text);

// Returns the errors of `count` lookups. Holds all of them until the first is read, then drops
// them.
std::vector<Error> HoldErrors(std::uint32_t count, std::string_view name);

// Namesake's extensions.
Result<Graph> LoadNamed(const std::vector<Bytes>& parts, const Model& model, std::string_view name);
Result<Graph> LoadByNameWithConfig(std::string_view name, std::string_view config);
Result<void> RegisterNamed(std::string_view name, const Model& model, std::string_view path);
Result<void> UnregisterNamed(std::string_view name);
Result<std::vector<std::string>> ListNamed();
// JSON, with each object's members sorted by name.
Result<std::string> Describe(Graph graph);

// For the adapters: a name's number in the order of the interface, or the number in "#7".
std::optional<std::uint32_t> NumberOf(std::string_view name,
                                      std::initializer_list<std::string_view> names);

}  // namespace probe

#endif  // NAMESAKE_TESTS_PROBE_ADAPTER_H_
