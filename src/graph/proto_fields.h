// Reads the fields of a Protocol Buffers message by number, without a schema.
#ifndef NAMESAKE_GRAPH_PROTO_FIELDS_H_
#define NAMESAKE_GRAPH_PROTO_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace namesake::graph {

// The format's numbers. Groups do not occur in model formats, and count as malformed here.
enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,  // Strings, messages and packed numbers.
  kFixed32 = 5,
};

struct ProtoTag {
  std::uint32_t number;
  WireType type;

  friend bool operator==(const ProtoTag&, const ProtoTag&) = default;
};

struct ProtoField {
  ProtoTag tag;
  std::uint64_t varint;              // 0 unless the type is kVarint.
  std::span<const std::byte> bytes;  // Empty unless the type is kBytes; points into the message.
};

// Reads tags, varints and lengths, and skips the content of fields, whatever its length. The
// message must outlive the reader.
class ProtoReader {
 public:
  explicit ProtoReader(std::span<const std::byte> message) : rest_(message) {}

  // Empty at the end, and from the first malformed field on, such as one that exceeds the message.
  std::optional<ProtoField> Next();
  bool malformed() const { return malformed_; }
  // The number of bytes after the last field that was read.
  std::size_t rest_bytes() const { return rest_.size(); }

 private:
  std::optional<ProtoField> Take();

  std::span<const std::byte> rest_;
  bool malformed_ = false;
};

// Returns the first field's tag, even if the field itself is cut off; empty if there is none.
std::optional<ProtoTag> FirstTag(std::span<const std::byte> message);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_PROTO_FIELDS_H_
