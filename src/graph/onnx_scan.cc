#include "graph/onnx_scan.h"

#include <array>
#include <cstdint>
#include <set>
#include <string_view>

#include "graph/proto_fields.h"

namespace namesake {
namespace {

// The messages of onnx.proto on the way from a model to its tensors.
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

struct Edge {
  Message parent;
  std::uint32_t field;
  Message child;
};

constexpr std::array<Edge, 17> kEdges = {{
    {Message::kModel, 7, Message::kGraph},
    {Message::kModel, 20, Message::kTraining},
    {Message::kModel, 25, Message::kFunction},
    {Message::kTraining, 1, Message::kGraph},
    {Message::kTraining, 2, Message::kGraph},
    {Message::kFunction, 7, Message::kNode},
    {Message::kFunction, 11, Message::kAttribute},
    {Message::kGraph, 1, Message::kNode},
    {Message::kGraph, 5, Message::kTensor},
    {Message::kGraph, 15, Message::kSparse},
    {Message::kNode, 5, Message::kAttribute},
    {Message::kAttribute, 5, Message::kTensor},
    {Message::kAttribute, 6, Message::kGraph},
    {Message::kAttribute, 10, Message::kTensor},
    {Message::kAttribute, 11, Message::kGraph},
    {Message::kAttribute, 22, Message::kSparse},
    {Message::kAttribute, 23, Message::kSparse},
}};

constexpr std::uint32_t kTensorExternalData = 13;
constexpr std::uint32_t kTensorDataLocation = 14;
constexpr std::uint64_t kDataLocationDefault = 0;
constexpr std::uint32_t kEntryKey = 1;
constexpr std::uint32_t kEntryValue = 2;
// As deep as Protocol Buffers' own readers go.
constexpr int kMaxDepth = 100;

std::optional<Message> Child(Message parent, std::uint32_t field) {
  // Both fields of a sparse tensor are tensors: its values and its indices.
  if (parent == Message::kSparse && (field == 1 || field == 2)) return Message::kTensor;
  if (parent == Message::kTensor && field == kTensorExternalData) return Message::kEntry;
  for (const Edge& edge : kEdges) {
    if (edge.parent == parent && edge.field == field) return edge.child;
  }
  return std::nullopt;
}

class Scanner {
 public:
  // False for a message that is not well-formed.
  bool Scan(Message kind, std::span<const std::byte> bytes, int depth = 0);

  OnnxScan Finish() && {
    return {.has_external_data = has_external_data_,
            .locations = {locations_.begin(), locations_.end()}};
  }

 private:
  bool ScanField(Message kind, const ProtoField& field, int depth);
  bool ScanBytes(Message kind, std::uint32_t field, std::span<const std::byte> value, int depth);
  bool EndEntry();

  bool has_external_data_ = false;
  // Of views into the bytes, so that what repeats costs nothing.
  std::set<std::string_view> locations_;
  std::string_view entry_key_;
  std::string_view entry_value_;
};

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool Scanner::Scan(Message kind, std::span<const std::byte> bytes, int depth) {
  if (depth > kMaxDepth) return false;
  if (kind == Message::kEntry) {
    has_external_data_ = true;
    entry_key_ = entry_value_ = {};
  }
  ProtoReader reader(bytes);
  while (const auto field = reader.Next()) {
    if (!ScanField(kind, *field, depth)) return false;
  }
  if (reader.malformed()) return false;
  return kind != Message::kEntry || EndEntry();
}

bool Scanner::ScanField(Message kind, const ProtoField& field, int depth) {
  const std::uint32_t number = field.tag.number;
  if (field.tag.type == WireType::kBytes) return ScanBytes(kind, number, field.bytes, depth);
  if (field.tag.type == WireType::kVarint && kind == Message::kTensor &&
      number == kTensorDataLocation && field.varint != kDataLocationDefault) {
    has_external_data_ = true;
  }
  return true;
}

bool Scanner::ScanBytes(Message kind, std::uint32_t field, std::span<const std::byte> value,
                        int depth) {
  if (kind == Message::kEntry) {
    if (field == kEntryKey) entry_key_ = AsText(value);
    if (field == kEntryValue) entry_value_ = AsText(value);
    return true;
  }
  const auto child = Child(kind, field);
  return !child || Scan(*child, value, depth + 1);
}

bool Scanner::EndEntry() {
  if (entry_key_ != "location") return true;
  locations_.insert(entry_value_);
  return entry_value_.size() <= kMaxOnnxLocationBytes && locations_.size() <= kMaxOnnxLocations;
}

}  // namespace

std::optional<OnnxScan> ScanOnnx(std::span<const std::byte> model) {
  Scanner scanner;
  if (!scanner.Scan(Message::kModel, model)) return std::nullopt;
  return std::move(scanner).Finish();
}

}  // namespace namesake
