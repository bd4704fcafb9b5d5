#include "graph/entry_file.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace namesake::graph {
namespace {

// Changes with the header. Programs of other versions take no entry of this one, and this one none
// of theirs.
constexpr std::array<char, 8> kMagic = {'N', 'A', 'M', 'E', 'S', 'K', 'C', '2'};

template <std::size_t kSize>
void Put(std::string_view text, std::array<char, kSize>& field) {
  text = text.substr(0, kSize);
  std::ranges::copy(text, field.begin());
}

template <std::size_t kSize>
std::string TextOf(const std::array<char, kSize>& field) {
  return {field.begin(), std::ranges::find(field, '\0')};
}

}  // namespace

std::string_view KeptVersion(std::string_view version) {
  return version.substr(0, sizeof(EntryHeader::version));
}

EntryHeader MakeHeader(const CacheKey& key, const FormOrigin& origin, std::uint64_t payload_bytes,
                       const std::array<std::uint64_t, 2>& checksum) {
  EntryHeader header{};
  header.magic = kMagic;
  header.key = key.digest();
  header.payload_bytes = payload_bytes;
  header.checksum = checksum;
  Put(origin.backend, header.backend);
  Put(KeptVersion(origin.version), header.version);
  Put(origin.encoding, header.encoding);
  Put(origin.model, header.model);
  return header;
}

std::optional<EntryHeader> ReadHeader(int file, std::uint64_t file_bytes) {
  EntryHeader header{};
  const auto header_bytes = static_cast<::ssize_t>(sizeof header);
  if (file_bytes < kPayloadOffset || ::pread(file, &header, sizeof header, 0) != header_bytes ||
      header.magic != kMagic || header.payload_bytes != file_bytes - kPayloadOffset) {
    return std::nullopt;
  }
  return header;
}

FormOrigin OriginOf(const EntryHeader& header) {
  return {.backend = TextOf(header.backend),
          .version = TextOf(header.version),
          .model = TextOf(header.model),
          .encoding = TextOf(header.encoding)};
}

}  // namespace namesake::graph
