#include "graph/tflite_signatures.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "graph/little_endian.h"

namespace namesake::graph {
namespace {

using Bytes = std::span<const std::byte>;

// Returns the target of the offset stored at `at`.
std::optional<std::size_t> Follow(Bytes content, std::size_t at) {
  const auto offset = LittleEndian(content, at, 4);
  if (!offset) return std::nullopt;
  return at + *offset;
}

// Returns the position of a table's field; empty if the table does not have it, or is not entirely
// within the content. A table starts with the distance back to a list of its fields' offsets.
std::optional<std::size_t> FieldOf(Bytes content, std::size_t table, std::size_t number) {
  const auto back = LittleEndian(content, table, 4);
  if (!back) return std::nullopt;
  // Signed, because the list may follow the table. An invalid value wraps to beyond the end.
  const std::size_t fields =
      table -
      static_cast<std::size_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(*back)));
  const std::size_t place = 4 + 2 * number;
  const auto size = LittleEndian(content, fields, 2);
  if (!size || place + 2 > *size) return std::nullopt;
  const auto offset = LittleEndian(content, fields + place, 2);
  if (!offset || *offset == 0) return std::nullopt;
  return table + *offset;
}

// Returns the position of the table, list or string that a field refers to.
std::optional<std::size_t> ObjectOf(Bytes content, std::size_t table, std::size_t number) {
  const auto field = FieldOf(content, table, number);
  return field ? Follow(content, *field) : std::nullopt;
}

std::string TextAt(Bytes content, std::size_t at) {
  const auto size = LittleEndian(content, at, 4);
  if (!size || *size > content.size() - at - 4) return {};
  const std::size_t bytes = std::min<std::size_t>(*size, kMaxTfliteKeyBytes);
  return std::string(base::AsText(content.subspan(at + 4, bytes)));
}

// The fields of TensorFlow Lite's schema that matter here.
constexpr std::size_t kModelSubgraphs = 2;
constexpr std::size_t kModelSignatures = 7;
constexpr std::size_t kSubgraphTensors = 0;
constexpr std::size_t kSubgraphInputs = 1;
constexpr std::size_t kSubgraphOutputs = 2;
constexpr std::size_t kSignatureInputs = 0;
constexpr std::size_t kSignatureOutputs = 1;
constexpr std::size_t kSignatureKey = 2;
constexpr std::size_t kSignatureSubgraph = 4;

constexpr std::size_t kTensorType = 1;
constexpr std::size_t kTensorName = 3;

TfliteSignature SignatureAt(Bytes content, std::size_t table) {
  TfliteSignature signature;
  if (const auto key = ObjectOf(content, table, kSignatureKey)) {
    signature.key = TextAt(content, *key);
  }
  if (const auto field = FieldOf(content, table, kSignatureSubgraph)) {
    signature.subgraph = static_cast<std::uint32_t>(LittleEndian(content, *field, 4).value_or(0));
  }
  return signature;
}

// A list of four-byte elements: numbers, or the offsets of tables.
struct List {
  // The position of the first element.
  std::size_t start = 0;
  std::uint64_t count = 0;

  std::size_t At(std::size_t index) const { return start + 4 * index; }
};

// A table's list, of which at most `most` elements are read; empty if the table does not have it.
List ListOf(Bytes content, std::size_t table, std::size_t number, std::size_t most) {
  const auto list = ObjectOf(content, table, number);
  if (!list) return {};
  return {.start = *list + 4,
          .count = std::min<std::uint64_t>(LittleEndian(content, *list, 4).value_or(0), most)};
}

List SignaturesOf(Bytes content) {
  const auto root = Follow(content, 0);
  return root ? ListOf(content, *root, kModelSignatures, kMaxTfliteSignatures) : List();
}

// Returns the position of the offset of a subgraph in the list of them.
std::optional<std::size_t> SubgraphPlace(Bytes content, std::uint32_t index) {
  const auto root = Follow(content, 0);
  const auto list = root ? ObjectOf(content, *root, kModelSubgraphs) : std::nullopt;
  if (!list || index >= LittleEndian(content, *list, 4).value_or(0)) return std::nullopt;
  return *list + 4 + 4 * std::size_t{index};
}

// Names the tensors whose numbers `tensors` lists by `names`, a list of names with numbers.
std::vector<std::string> NamesOf(Bytes content, const List& tensors, const List& names) {
  constexpr std::size_t kName = 0;
  constexpr std::size_t kTensor = 1;
  std::vector<std::string> found(static_cast<std::size_t>(tensors.count));
  for (std::size_t i = 0; i < names.count; ++i) {
    const auto table = Follow(content, names.At(i));
    if (!table) break;
    const auto name = ObjectOf(content, *table, kName);
    // A number of 0 is left out.
    const auto field = FieldOf(content, *table, kTensor);
    const auto number = field ? LittleEndian(content, *field, 4) : std::optional<std::uint64_t>(0);
    for (std::size_t j = 0; name && number && j < found.size(); ++j) {
      if (found[j].empty() && LittleEndian(content, tensors.At(j), 4) == number) {
        found[j] = TextAt(content, *name);
      }
    }
  }
  return found;
}

}  // namespace

std::vector<TfliteSignature> ReadTfliteSignatures(std::span<const std::byte> model) {
  const List list = SignaturesOf(model);
  std::vector<TfliteSignature> signatures;
  for (std::size_t i = 0; i < list.count; ++i) {
    const auto table = Follow(model, list.At(i));
    if (!table) break;
    signatures.push_back(SignatureAt(model, *table));
  }
  return signatures;
}

TfliteNames ReadTfliteNames(std::span<const std::byte> model, std::size_t signature) {
  const List list = SignaturesOf(model);
  const auto table = signature < list.count ? Follow(model, list.At(signature)) : std::nullopt;
  if (!table) return {};
  const auto place = SubgraphPlace(model, SignatureAt(model, *table).subgraph);
  const auto subgraph = place ? Follow(model, *place) : std::nullopt;
  if (!subgraph) return {};
  const auto names = [&](std::size_t of_subgraph, std::size_t of_signature) {
    return NamesOf(model, ListOf(model, *subgraph, of_subgraph, kMaxTfliteTensors),
                   ListOf(model, *table, of_signature, kMaxTfliteTensors));
  };
  return {.inputs = names(kSubgraphInputs, kSignatureInputs),
          .outputs = names(kSubgraphOutputs, kSignatureOutputs)};
}

std::string FindTfliteTensor(std::span<const std::byte> model, std::uint8_t type) {
  const auto root = Follow(model, 0);
  const List subgraphs =
      root ? ListOf(model, *root, kModelSubgraphs, kMaxTfliteSignatures) : List();
  for (std::size_t i = 0; i < subgraphs.count; ++i) {
    const auto subgraph = Follow(model, subgraphs.At(i));
    if (!subgraph) break;
    const List tensors = ListOf(model, *subgraph, kSubgraphTensors, kMaxTfliteTensors);
    for (std::size_t j = 0; j < tensors.count; ++j) {
      const auto tensor = Follow(model, tensors.At(j));
      if (!tensor) break;
      const auto field = FieldOf(model, *tensor, kTensorType);
      // A number of 0 is left out.
      if ((field ? LittleEndian(model, *field, 1) : 0) != type) continue;
      const auto name = ObjectOf(model, *tensor, kTensorName);
      return name ? TextAt(model, *name) : "";
    }
  }
  return "";
}

std::optional<std::vector<std::byte>> WithFirstSubgraph(std::span<const std::byte> model,
                                                        std::uint32_t subgraph) {
  const auto first = SubgraphPlace(model, 0);
  const auto place = SubgraphPlace(model, subgraph);
  const auto target = place ? Follow(model, *place) : std::nullopt;
  // An offset is unsigned, and from where it stands.
  if (!target || *target > model.size() || !LittleEndian(model, *first, 4)) return std::nullopt;
  const auto offset = static_cast<std::uint32_t>(*target - *first);
  std::vector<std::byte> copy(model.begin(), model.end());
  for (std::size_t i = 0; i < sizeof offset; ++i) {
    copy[*first + i] = static_cast<std::byte>(offset >> (8 * i));
  }
  return copy;
}

}  // namespace namesake::graph
