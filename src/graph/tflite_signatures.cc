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
constexpr std::size_t kModelSignatures = 7;
constexpr std::size_t kSignatureKey = 2;
constexpr std::size_t kSignatureSubgraph = 4;

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

}  // namespace

std::vector<TfliteSignature> ReadTfliteSignatures(std::span<const std::byte> model) {
  const auto root = Follow(model, 0);
  const auto list = root ? ObjectOf(model, *root, kModelSignatures) : std::nullopt;
  std::vector<TfliteSignature> signatures;
  if (!list) return signatures;
  const std::uint64_t count = LittleEndian(model, *list, 4).value_or(0);
  for (std::size_t i = 0; i < std::min<std::uint64_t>(count, kMaxTfliteSignatures); ++i) {
    const auto table = Follow(model, *list + 4 + 4 * i);
    if (!table) break;
    signatures.push_back(SignatureAt(model, *table));
  }
  return signatures;
}

}  // namespace namesake::graph
