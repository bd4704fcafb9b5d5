#include "graph/graph_def_check.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"
#include "graph/proto_fields.h"

namespace namesake::graph {
namespace {

using Bytes = std::span<const std::byte>;

// The messages of TensorFlow's protos that can occur in a graph, with those fields that hold more
// than bytes or one number.
enum class Message : std::uint8_t {
  kGraphDef,
  kNodeDef,
  kNodeAttr,
  kDebugInfo,
  kVersionDef,
  kLibrary,
  kFunctionDef,
  kFunctionArgAttr,
  kFunctionArgAttrs,
  kTextToText,
  kGradientDef,
  kAttrValue,
  kAttrList,
  kNameAttrList,
  kOpDef,
  kOpArg,
  kOpAttr,
  kOpDeprecation,
  kShape,
  kDim,
  kTensor,
  kResourceHandle,
  kResourceShape,
  kVariant,
};

enum class Kind : std::uint8_t { kText, kVarints, kFixed32s, kFixed64s, kMessage };

struct Rule {
  std::uint32_t number;
  Kind kind;
  Message message{};  // For kMessage.
};

constexpr Rule Text(std::uint32_t number) { return {.number = number, .kind = Kind::kText}; }
constexpr Rule Varints(std::uint32_t number) { return {.number = number, .kind = Kind::kVarints}; }
constexpr Rule Fixed32s(std::uint32_t number) {
  return {.number = number, .kind = Kind::kFixed32s};
}
constexpr Rule Fixed64s(std::uint32_t number) {
  return {.number = number, .kind = Kind::kFixed64s};
}
constexpr Rule Of(std::uint32_t number, Message message) {
  return {.number = number, .kind = Kind::kMessage, .message = message};
}

constexpr std::uint32_t kGraphNode = 1;
constexpr std::array kGraphDef = {Of(kGraphNode, Message::kNodeDef), Of(2, Message::kLibrary),
                                  Of(4, Message::kVersionDef)};
constexpr std::array kNodeDef = {
    Text(1), Text(2), Text(3), Text(4), Of(5, Message::kNodeAttr), Of(6, Message::kDebugInfo)};
constexpr std::array kNodeAttr = {Text(1), Of(2, Message::kAttrValue)};
constexpr std::array kDebugInfo = {Text(1), Text(2)};
constexpr std::array kVersionDef = {Varints(3)};
constexpr std::array kLibrary = {Of(1, Message::kFunctionDef), Of(2, Message::kGradientDef)};
constexpr std::array kFunctionDef = {
    Of(1, Message::kOpDef),    Of(3, Message::kNodeDef),    Of(4, Message::kTextToText),
    Of(5, Message::kNodeAttr), Of(6, Message::kTextToText), Of(7, Message::kFunctionArgAttr),
};
constexpr std::array kFunctionArgAttr = {Of(2, Message::kFunctionArgAttrs)};
constexpr std::array kFunctionArgAttrs = {Of(1, Message::kNodeAttr)};
constexpr std::array kTextToText = {Text(1), Text(2)};
constexpr std::array kGradientDef = {Text(1), Text(2)};
constexpr std::array kAttrValue = {Of(1, Message::kAttrList), Of(7, Message::kShape),
                                   Of(8, Message::kTensor), Text(9),
                                   Of(10, Message::kNameAttrList)};
constexpr std::array kAttrList = {Varints(3),
                                  Fixed32s(4),
                                  Varints(5),
                                  Varints(6),
                                  Of(7, Message::kShape),
                                  Of(8, Message::kTensor),
                                  Of(9, Message::kNameAttrList)};
constexpr std::array kNameAttrList = {Text(1), Of(2, Message::kNodeAttr)};
constexpr std::array kOpDef = {Text(1),
                               Of(2, Message::kOpArg),
                               Of(3, Message::kOpArg),
                               Of(4, Message::kOpAttr),
                               Text(5),
                               Text(6),
                               Of(8, Message::kOpDeprecation),
                               Text(20)};
constexpr std::array kOpArg = {Text(1), Text(2), Text(4),
                               Text(5), Text(6), Of(7, Message::kResourceShape)};
constexpr std::array kOpAttr = {Text(1), Text(2), Of(3, Message::kAttrValue), Text(4),
                                Of(7, Message::kAttrValue)};
constexpr std::array kOpDeprecation = {Text(2)};
constexpr std::array kShape = {Of(2, Message::kDim)};
constexpr std::array kDim = {Text(2)};
constexpr std::array kTensor = {Of(2, Message::kShape),
                                Fixed32s(5),
                                Fixed64s(6),
                                Varints(7),
                                Fixed32s(9),
                                Varints(10),
                                Varints(11),
                                Fixed64s(12),
                                Varints(13),
                                Of(14, Message::kResourceHandle),
                                Of(15, Message::kVariant),
                                Varints(16),
                                Varints(17)};
constexpr std::array kResourceHandle = {Text(1), Text(2), Text(3), Text(5),
                                        Of(6, Message::kResourceShape)};
constexpr std::array kResourceShape = {Of(2, Message::kShape)};
constexpr std::array kVariant = {Text(1), Of(3, Message::kTensor)};

// In the order of Message.
constexpr auto kRules = std::to_array<std::span<const Rule>>(
    {kGraphDef,         kNodeDef,        kNodeAttr,      kDebugInfo,
     kVersionDef,       kLibrary,        kFunctionDef,   kFunctionArgAttr,
     kFunctionArgAttrs, kTextToText,     kGradientDef,   kAttrValue,
     kAttrList,         kNameAttrList,   kOpDef,         kOpArg,
     kOpAttr,           kOpDeprecation,  kShape,         kDim,
     kTensor,           kResourceHandle, kResourceShape, kVariant});

// The depth limit of Protocol Buffers' own readers.
constexpr int kMaxDepth = 100;

// Whether each varint is complete: its last byte, the tenth at the latest, has no continuation bit.
bool AreWholeVarints(Bytes bytes) {
  constexpr int kMaxBytes = 10;
  int marked = 0;
  for (const std::byte byte : bytes) {
    marked = (byte & std::byte{0x80}) == std::byte{0} ? 0 : marked + 1;
    if (marked == kMaxBytes) return false;
  }
  return marked == 0;
}

bool IsWhole(Message kind, Bytes message, int depth);

bool Fits(const Rule& rule, Bytes bytes, int depth) {
  switch (rule.kind) {
    case Kind::kText:
      return base::IsUtf8(base::AsText(bytes));
    case Kind::kVarints:
      return AreWholeVarints(bytes);
    case Kind::kFixed32s:
      return bytes.size() % 4 == 0;
    case Kind::kFixed64s:
      return bytes.size() % 8 == 0;
    case Kind::kMessage:
      return IsWhole(rule.message, bytes, depth + 1);
  }
  return false;
}

bool IsWhole(Message kind, Bytes message, int depth) {
  if (depth > kMaxDepth) return false;
  const std::span<const Rule> rules = kRules.at(static_cast<std::size_t>(kind));
  ProtoReader reader(message);
  while (const auto field = reader.Next()) {
    // A known field with another wire type counts as unknown.
    if (field->tag.type != WireType::kBytes) continue;
    const auto rule = std::ranges::find(rules, field->tag.number, &Rule::number);
    if (rule != rules.end() && !Fits(*rule, field->bytes, depth)) return false;
  }
  return !reader.malformed();
}

}  // namespace

bool IsWholeGraphDef(std::span<const std::byte> content) {
  bool node = false;
  ProtoReader reader(content);
  while (const auto field = reader.Next()) {
    node = node || field->tag == ProtoTag{.number = kGraphNode, .type = WireType::kBytes};
  }
  return node && IsWhole(Message::kGraphDef, content, 0);
}

}  // namespace namesake::graph
