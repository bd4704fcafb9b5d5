// The file of an entry of the compiled cache: a page of header, and the payload.
#ifndef NAMESAKE_GRAPH_ENTRY_FILE_H_
#define NAMESAKE_GRAPH_ENTRY_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "namesake/compiled_cache.h"

namespace namesake::graph {

// The payload starts at a page boundary, so that a backend can use it in place.
inline constexpr std::size_t kPayloadOffset = 4096;

// The checksum detects damage, not tampering: only this user and root can write the directory and
// its entries. Texts end at their first zero byte, or with their array.
struct EntryHeader {
  std::array<char, 8> magic;
  CacheKey::Digest key;
  std::uint64_t payload_bytes;
  std::array<std::uint64_t, 2> checksum;
  std::array<char, 64> backend;
  std::array<char, 128> version;
  std::array<char, 32> encoding;
  std::array<char, 1024> model;
};
static_assert(sizeof(EntryHeader) <= kPayloadOffset);
static_assert(std::is_trivially_copyable_v<EntryHeader>);
static_assert(std::has_unique_object_representations_v<EntryHeader>);

// A version as it is kept and compared: as much of it as an entry has room for.
std::string_view KeptVersion(std::string_view version);

EntryHeader MakeHeader(const CacheKey& key, const FormOrigin& origin, std::uint64_t payload_bytes,
                       const std::array<std::uint64_t, 2>& checksum);

// Reads the header of a file of that size. Empty if the file is no entry of this version, or is
// damaged. Borrows the descriptor.
std::optional<EntryHeader> ReadHeader(int file, std::uint64_t file_bytes);

FormOrigin OriginOf(const EntryHeader& header);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_ENTRY_FILE_H_
