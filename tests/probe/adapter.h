// The operations of wasi-nn, as the probe has them over every interface: the module ABI (witx) and
// the versions of wasi:nn. One of witx_adapter.cc and wit_adapter.cc is linked.
//
// A handle is the number that the guest has from the host, and is passed on as it is: what becomes
// of one that was dropped or made up is the host's to say.
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
// With witx a number of the probe's own: there a tensor is no more than the guest's memory.
enum class Tensor : std::uint32_t {};

struct Error {
  // As wasi:nn spells it: "invalid-argument".
  std::string code;
  // The host's words, where the interface has them.
  std::string text;
};
template <typename T>
using Result = std::expected<T, Error>;

// What the interface has no operation for.
inline const Error kUnsupported = {.code = "unsupported by this interface", .text = ""};

struct TensorValue {
  std::vector<std::uint32_t> dims;
  // "f32", …, or "#7" for a number of none.
  std::string type;
  Bytes data;
};

// `encoding` and `target` are names, such as "onnx" and "cpu", or "#7" for a number of none.
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
// As the host has it.
Result<TensorValue> ReadTensor(Tensor tensor);

// Leaves the tensor as it is: what a call takes is made anew of the same value.
Result<void> SetInput(Context context, std::string_view name, Tensor tensor);
Result<void> Compute(Context context);
// Both in one, with no inputs but these.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};
Result<void> Infer(Context context, const std::vector<NamedTensor>& inputs);
// With witx the name is an index, there are no dimensions and no type, and `buffer_bytes` is how
// much room there is, as much as it takes where it is nothing.
Result<TensorValue> GetOutput(Context context, std::string_view name,
                              std::optional<std::size_t> buffer_bytes);

Result<void> Drop(Graph graph);
Result<void> Drop(Context context);
Result<void> Drop(Tensor tensor);

// An error of the guest's own making, read back.
Result<Error> MakeError(std::string_view code, std::string_view text);

// The errors of `count` lookups, all of which are held when the first is read, and dropped then.
std::vector<Error> HoldErrors(std::uint32_t count, std::string_view name);

// Namesake's own.
Result<Graph> LoadNamed(const std::vector<Bytes>& parts, const Model& model, std::string_view name);
Result<Graph> LoadByNameWithConfig(std::string_view name, std::string_view config);
Result<void> RegisterNamed(std::string_view name, const Model& model, std::string_view path);
Result<void> UnregisterNamed(std::string_view name);
Result<std::vector<std::string>> ListNamed();
// JSON, with the members of each object sorted by name.
Result<std::string> Describe(Graph graph);

// For the adapters: the number of a name in a list that the interface counts, or of "#7".
std::optional<std::uint32_t> NumberOf(std::string_view name,
                                      std::initializer_list<std::string_view> names);

}  // namespace probe

#endif  // NAMESAKE_TESTS_PROBE_ADAPTER_H_
