#include "graph/proto_fields.h"

#include <limits>

namespace namesake::graph {
namespace {

using Bytes = std::span<const std::byte>;

// Takes up to 10 bytes, like Protocol Buffers' own readers; bits above 64 are dropped.
std::optional<std::uint64_t> TakeVarint(Bytes& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70 && !rest.empty(); shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(rest.front());
    rest = rest.subspan(1);
    value |= (byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

std::optional<ProtoTag> TakeTag(Bytes& rest) {
  const auto tag = TakeVarint(rest);
  if (!tag || *tag > std::numeric_limits<std::uint32_t>::max() || *tag >> 3 == 0) {
    return std::nullopt;
  }
  const auto number = static_cast<std::uint32_t>(*tag >> 3);
  switch (*tag & 7) {
    case 0:
      return ProtoTag{.number = number, .type = WireType::kVarint};
    case 1:
      return ProtoTag{.number = number, .type = WireType::kFixed64};
    case 2:
      return ProtoTag{.number = number, .type = WireType::kBytes};
    case 5:
      return ProtoTag{.number = number, .type = WireType::kFixed32};
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> TakeBytes(Bytes& rest, std::uint64_t count) {
  if (count > rest.size()) return std::nullopt;
  const Bytes taken = rest.first(static_cast<std::size_t>(count));
  rest = rest.subspan(taken.size());
  return taken;
}

}  // namespace

std::optional<ProtoField> ProtoReader::Take() {
  const auto tag = TakeTag(rest_);
  if (!tag) return std::nullopt;
  ProtoField field{.tag = *tag, .varint = 0, .bytes = {}};
  switch (tag->type) {
    case WireType::kVarint: {
      const auto value = TakeVarint(rest_);
      if (!value) return std::nullopt;
      field.varint = *value;
      return field;
    }
    case WireType::kFixed64:
      return TakeBytes(rest_, 8) ? std::optional(field) : std::nullopt;
    case WireType::kFixed32:
      return TakeBytes(rest_, 4) ? std::optional(field) : std::nullopt;
    case WireType::kBytes: {
      const auto length = TakeVarint(rest_);
      const auto bytes = length ? TakeBytes(rest_, *length) : std::nullopt;
      if (!bytes) return std::nullopt;
      field.bytes = *bytes;
      return field;
    }
  }
  return std::nullopt;
}

std::optional<ProtoField> ProtoReader::Next() {
  if (malformed_ || rest_.empty()) return std::nullopt;
  auto field = Take();
  malformed_ = !field;
  return field;
}

std::optional<ProtoTag> FirstTag(std::span<const std::byte> message) { return TakeTag(message); }

}  // namespace namesake::graph
