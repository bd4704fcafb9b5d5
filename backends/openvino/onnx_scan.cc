#include "backend_openvino/onnx_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace namesake::openvino {
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
    std::ranges::sort(scan_.locations);
    const auto repeated = std::ranges::unique(scan_.locations);
    scan_.locations.erase(repeated.begin(), repeated.end());
    return std::move(scan_);
  }

 private:
  bool ScanField(Message kind, std::uint64_t tag, std::span<const std::byte>& rest, int depth);
  bool ScanBytes(Message kind, std::uint32_t field, std::span<const std::byte> value, int depth);
  void EndEntry();

  OnnxScan scan_;
  std::string_view entry_key_;
  std::string_view entry_value_;
};

std::optional<std::uint64_t> TakeVarint(std::span<const std::byte>& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70 && !rest.empty(); shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(rest.front());
    rest = rest.subspan(1);
    if (shift < 64) value |= (byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

bool Skip(std::span<const std::byte>& rest, std::uint64_t count) {
  if (count > rest.size()) return false;
  rest = rest.subspan(static_cast<std::size_t>(count));
  return true;
}

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool Scanner::Scan(Message kind, std::span<const std::byte> bytes, int depth) {
  if (depth > kMaxDepth) return false;
  if (kind == Message::kEntry) {
    scan_.has_external_data = true;
    entry_key_ = entry_value_ = {};
  }
  while (!bytes.empty()) {
    const auto tag = TakeVarint(bytes);
    if (!tag || !ScanField(kind, *tag, bytes, depth)) return false;
  }
  if (kind == Message::kEntry) EndEntry();
  return true;
}

bool Scanner::ScanField(Message kind, std::uint64_t tag, std::span<const std::byte>& rest,
                        int depth) {
  const auto field = static_cast<std::uint32_t>(tag) >> 3;
  if (field == 0) return false;
  switch (tag & 7) {
    case 0: {
      const auto value = TakeVarint(rest);
      if (kind == Message::kTensor && field == kTensorDataLocation && value &&
          *value != kDataLocationDefault) {
        scan_.has_external_data = true;
      }
      return value.has_value();
    }
    case 1:
      return Skip(rest, 8);
    case 2: {
      const auto length = TakeVarint(rest);
      if (!length || *length > rest.size()) return false;
      const auto value = rest.first(static_cast<std::size_t>(*length));
      rest = rest.subspan(value.size());
      return ScanBytes(kind, field, value, depth);
    }
    case 5:
      return Skip(rest, 4);
    default:  // Groups, which ONNX has none of.
      return false;
  }
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

void Scanner::EndEntry() {
  if (entry_key_ == "location") scan_.locations.emplace_back(entry_value_);
}

}  // namespace

std::optional<OnnxScan> ScanOnnx(std::span<const std::byte> model) {
  Scanner scanner;
  if (!scanner.Scan(Message::kModel, model)) return std::nullopt;
  return std::move(scanner).Finish();
}

}  // namespace namesake::openvino
