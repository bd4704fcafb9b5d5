// The other files that a model's content names, and which of them it may name. Checked for every
// model: an operator's or a guest's, by path or as bytes.
//
// A reader opens whatever it is given: any other file of the host or, with a name that OpenVINO's
// reader interprets so, an address in its memory.
#ifndef NAMESAKE_GRAPH_NAMED_FILES_H_
#define NAMESAKE_GRAPH_NAMED_FILES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/model.h"

namespace namesake::graph {

enum class GivenAs : std::uint8_t { kFiles, kBytes };

// What a name refers to, judged by its spelling only.
enum class NamedPlace : std::uint8_t {
  kBeneath,   // A file below the model's folder, unless a link leads out.
  kOutside,   // Possibly a file outside it: absolute, or with "..".
  kMemory,    // An address of the process.
  kNoName,    // Nothing: empty, not UTF-8, or with a NUL.
  kNoFolder,  // Any name in a model given as bytes, which has no folder.
};
NamedPlace PlaceOf(std::string_view name, GivenAs given);

struct NamedFile {
  std::string name;  // As the content spells it.
  NamedPlace place;
  // The least number of bytes that the model needs from the file. The largest number if an offset
  // or length is not a number, or a sum exceeds 64 bits.
  std::uint64_t needed_bytes;

  // Whether the model may name it.
  bool is_allowed() const { return place == NamedPlace::kBeneath; }
};

struct NamedFiles {
  // Sorted by name, without duplicates.
  std::vector<NamedFile> files{};
  // Describes the first offset or length that is not a number, such as: the tensor "w" has the
  // offset "-4".
  std::string misplaced{};
};

// Returns the files named by the content of a model's first part. No files for an encoding whose
// content names none, and for kAutodetect if the content is not of an encoding that does. Empty if
// the content is damaged, or not of the given encoding.
std::optional<NamedFiles> FilesNamedBy(std::span<const std::byte> content, Encoding encoding,
                                       GivenAs given);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_NAMED_FILES_H_
