#include "graph/onnx_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "graph/proto_fields.h"

namespace namesake::graph {
namespace {

// The messages of onnx.proto on the path from a model to its tensors.
enum class Message : std::uint8_t {
  kModel,
  kTraining,
  kFunction,
  kGraph,
  kNode,
  kAttribute,
  kSparse,
  kTensor,
  kEntry,
};

enum class Times : std::uint8_t { kOnce, kAny };

struct Edge {
  Message parent;
  std::uint32_t field;
  Message child;
  Times times = Times::kAny;
};

constexpr std::array<Edge, 20> kEdges = {{
    {Message::kModel, 7, Message::kGraph, Times::kOnce},
    {Message::kModel, 20, Message::kTraining},
    {Message::kModel, 25, Message::kFunction},
    {Message::kTraining, 1, Message::kGraph, Times::kOnce},
    {Message::kTraining, 2, Message::kGraph, Times::kOnce},
    {Message::kFunction, 7, Message::kNode},
    {Message::kFunction, 11, Message::kAttribute},
    {Message::kGraph, 1, Message::kNode},
    {Message::kGraph, 5, Message::kTensor},
    {Message::kGraph, 15, Message::kSparse},
    {Message::kNode, 5, Message::kAttribute},
    {Message::kAttribute, 5, Message::kTensor, Times::kOnce},
    {Message::kAttribute, 6, Message::kGraph, Times::kOnce},
    {Message::kAttribute, 10, Message::kTensor},
    {Message::kAttribute, 11, Message::kGraph},
    {Message::kAttribute, 22, Message::kSparse, Times::kOnce},
    {Message::kAttribute, 23, Message::kSparse},
    {Message::kSparse, 1, Message::kTensor, Times::kOnce},
    {Message::kSparse, 2, Message::kTensor, Times::kOnce},
    {Message::kTensor, 13, Message::kEntry},
}};

constexpr std::uint32_t kTensorName = 8;
constexpr std::uint32_t kTensorDataLocation = 14;
constexpr std::uint64_t kDataLocationDefault = 0;
constexpr std::uint32_t kEntryKey = 1;
constexpr std::uint32_t kEntryValue = 2;
// The depth limit of Protocol Buffers' own readers.
constexpr int kMaxDepth = 100;

const Edge* FindEdge(Message parent, std::uint32_t field) {
  const auto found = std::ranges::find_if(
      kEdges, [&](const Edge& edge) { return edge.parent == parent && edge.field == field; });
  return found == kEdges.end() ? nullptr : &*found;
}

constexpr std::uint64_t kBeyondAll = std::numeric_limits<std::uint64_t>::max();

// Accepts digits only. Readers also accept a sign or leading blanks, and take "-1" for the largest
// number.
std::uint64_t NumberOf(std::string_view text) {
  return base::ParseDigits(text).value_or(kBeyondAll);
}

// Where a tensor says that its values are; each entry occurs at most once.
struct Elsewhere {
  bool said = false;
  std::string_view tensor{};
  std::optional<std::string_view> location{};
  std::optional<std::string_view> offset{};
  std::optional<std::string_view> length{};

  // Empty if offset and length are numbers or absent.
  std::string misplaced() const {
    for (const auto& [field, value] : {std::pair("offset", offset), std::pair("length", length)}) {
      if (value && !base::ParseDigits(*value)) {
        return fmt::format("the tensor \"{}\" has the {} \"{}\"", Shown(tensor), field,
                           Shown(*value));
      }
    }
    return "";
  }

  static std::string Shown(std::string_view text) {
    constexpr std::size_t kMaxShownBytes = 100;
    return base::Printable(text.substr(0, kMaxShownBytes));
  }

  std::uint64_t needed_bytes() const {
    const std::uint64_t from = NumberOf(offset.value_or("0"));
    const std::uint64_t count = NumberOf(length.value_or("0"));
    return count > kBeyondAll - from ? kBeyondAll : from + count;
  }
};

class Scanner {
 public:
  // Returns false for a malformed message.
  bool Scan(Message kind, std::span<const std::byte> bytes, int depth = 0);

  OnnxScan Finish() && {
    OnnxScan scan{.has_external_data = has_external_data_,
                  .locations = {},
                  .needed_bytes = {},
                  .misplaced = std::move(misplaced_)};
    for (const auto& [location, needed] : files_) {
      scan.locations.emplace_back(location);
      scan.needed_bytes.push_back(needed);
    }
    return scan;
  }

 private:
  bool ScanField(Message kind, const ProtoField& field, std::vector<const Edge*>& seen, int depth);
  bool ScanEntry(std::span<const std::byte> entry);
  bool ScanTensorsEnd();

  bool has_external_data_ = false;
  std::string misplaced_;
  // The keys are views into the bytes, so that repeated names cost nothing.
  std::map<std::string_view, std::uint64_t> files_;
  // Belongs to the current tensor; tensors do not nest.
  Elsewhere elsewhere_;
};

bool Scanner::Scan(Message kind, std::span<const std::byte> bytes, int depth) {
  if (depth > kMaxDepth) return false;
  if (kind == Message::kEntry) return ScanEntry(bytes);
  if (kind == Message::kTensor) elsewhere_ = {};
  std::vector<const Edge*> seen;
  ProtoReader reader(bytes);
  while (const auto field = reader.Next()) {
    if (!ScanField(kind, *field, seen, depth)) return false;
  }
  if (reader.malformed()) return false;
  return kind != Message::kTensor || ScanTensorsEnd();
}

bool Scanner::ScanField(Message kind, const ProtoField& field, std::vector<const Edge*>& seen,
                        int depth) {
  if (field.tag.type == WireType::kVarint && kind == Message::kTensor &&
      field.tag.number == kTensorDataLocation && field.varint != kDataLocationDefault) {
    elsewhere_.said = true;
  }
  if (field.tag.type != WireType::kBytes) return true;
  if (kind == Message::kTensor && field.tag.number == kTensorName) {
    elsewhere_.tensor = base::AsText(field.bytes);
  }
  const Edge* const edge = FindEdge(kind, field.tag.number);
  if (edge == nullptr) return true;
  if (edge->times == Times::kOnce) {
    // Readers merge duplicates into something that neither says by itself.
    if (std::ranges::find(seen, edge) != seen.end()) return false;
    seen.push_back(edge);
  }
  return Scan(edge->child, field.bytes, depth + 1);
}

struct Entry {
  std::string_view key;
  std::string_view value;
  // If set, the fields above are incomplete.
  bool malformed = false;
};

// Reads a StringStringEntryProto.
Entry ReadEntry(std::span<const std::byte> bytes) {
  Entry entry;
  ProtoReader reader(bytes);
  while (const auto field = reader.Next()) {
    if (field->tag.type != WireType::kBytes) continue;
    if (field->tag.number == kEntryKey) entry.key = base::AsText(field->bytes);
    if (field->tag.number == kEntryValue) entry.value = base::AsText(field->bytes);
  }
  entry.malformed = reader.malformed();
  return entry;
}

bool Scanner::ScanEntry(std::span<const std::byte> bytes) {
  elsewhere_.said = true;
  const auto [key, value, malformed] = ReadEntry(bytes);
  if (malformed) return false;
  std::optional<std::string_view>* const place = key == "location" ? &elsewhere_.location
                                                 : key == "offset" ? &elsewhere_.offset
                                                 : key == "length" ? &elsewhere_.length
                                                                   : nullptr;
  if (place == nullptr) return true;
  return !std::exchange(*place, value).has_value();
}

bool Scanner::ScanTensorsEnd() {
  if (!elsewhere_.said) return true;
  has_external_data_ = true;
  const std::string_view location = elsewhere_.location.value_or("");
  std::uint64_t& needed = files_[location];
  needed = std::max(needed, elsewhere_.needed_bytes());
  if (misplaced_.empty()) misplaced_ = elsewhere_.misplaced();
  return location.size() <= kMaxOnnxLocationBytes && files_.size() <= kMaxOnnxLocations;
}

using Bytes = std::span<const std::byte>;
using Rename = std::function<std::string(std::string_view)>;

void Append(Bytes bytes, std::vector<std::byte>& to) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void AppendVarint(std::uint64_t value, std::vector<std::byte>& to) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::byte>(value | 0x80));
  to.push_back(static_cast<std::byte>(value));
}

void AppendBytesField(std::uint32_t number, Bytes bytes, std::vector<std::byte>& to) {
  AppendVarint(std::uint64_t{number} << 3 | std::to_underlying(WireType::kBytes), to);
  AppendVarint(bytes.size(), to);
  Append(bytes, to);
}

// Returns the entry with its new value if it is a location, otherwise empty.
std::optional<std::vector<std::byte>> RenamedEntry(Bytes bytes, const Rename& rename) {
  const Entry entry = ReadEntry(bytes);
  if (entry.key != "location") return std::nullopt;
  const std::string renamed = rename(entry.value);
  std::vector<std::byte> renamed_entry;
  AppendBytesField(kEntryKey, std::as_bytes(std::span(entry.key)), renamed_entry);
  AppendBytesField(kEntryValue, std::as_bytes(std::span(renamed)), renamed_entry);
  return renamed_entry;
}

// Empty for a message in which no name changes, so that it is copied as a whole, once.
std::optional<std::vector<std::byte>> Renamed(Message kind, Bytes message, const Rename& rename,
                                              int depth = 0) {
  if (depth > kMaxDepth) return std::nullopt;
  if (kind == Message::kEntry) return RenamedEntry(message, rename);
  std::vector<std::byte> bytes;
  const std::byte* copied = message.data();
  ProtoReader reader(message);
  const std::byte* begin = message.data();
  bool any = false;
  while (const auto field = reader.Next()) {
    const std::byte* const end = message.data() + (message.size() - reader.rest_bytes());
    const Edge* const edge =
        field->tag.type == WireType::kBytes ? FindEdge(kind, field->tag.number) : nullptr;
    if (edge != nullptr) {
      if (const auto child = Renamed(edge->child, field->bytes, rename, depth + 1)) {
        Append({copied, begin}, bytes);
        AppendBytesField(field->tag.number, *child, bytes);
        copied = end;
        any = true;
      }
    }
    begin = end;
  }
  if (!any) return std::nullopt;
  Append({copied, message.data() + message.size()}, bytes);
  return bytes;
}

}  // namespace

std::vector<std::byte> RenameOnnxFiles(Bytes model, const Rename& rename) {
  auto renamed = Renamed(Message::kModel, model, rename);
  if (renamed) return *std::move(renamed);
  return {model.begin(), model.end()};
}

std::optional<OnnxScan> ScanOnnx(std::span<const std::byte> model) {
  Scanner scanner;
  if (!scanner.Scan(Message::kModel, model)) return std::nullopt;
  return std::move(scanner).Finish();
}

}  // namespace namesake::graph
