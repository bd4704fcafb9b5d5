// The files that a model's content names beside itself, and which of them it may name. Asked for
// every model, whoever gives it and however: those of operators, of guests, by path and as bytes.
//
// A reader opens whatever it is told of: another file of the host's, or, by a name that OpenVINO's
// reader takes for one, an address in its memory.
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

// What a name stands for, by its spelling alone.
enum class NamedPlace : std::uint8_t {
  kBeneath,   // A file beneath the model's folder, unless a link leads out.
  kOutside,   // Perhaps one out of it: absolute, or with "..".
  kMemory,    // An address of the process.
  kNoName,    // Nothing: empty, no UTF-8, or with a NUL.
  kNoFolder,  // Anything, in a model given as bytes, which lies in no folder.
};
NamedPlace PlaceOf(std::string_view name, GivenAs given);

struct NamedFile {
  std::string name;  // As the content spells it.
  NamedPlace place;
  // At least so many, by what the model takes from it. The largest number for what is no number, or
  // for a sum beyond 64 bits.
  std::uint64_t needed_bytes;

  // Whether the model may name it.
  bool is_allowed() const { return place == NamedPlace::kBeneath; }
};

struct NamedFiles {
  // Sorted by name, each once.
  std::vector<NamedFile> files{};
  // The first offset or length that is no number, such as: the tensor "w" has the offset "-4".
  std::string misplaced{};
};

// What the content of a model's first part names. None for an encoding whose content names no
// files, and for kAutodetect where it is no content of one that does. Nothing where it is damaged,
// or not of the encoding given.
std::optional<NamedFiles> FilesNamedBy(std::span<const std::byte> content, Encoding encoding,
                                       GivenAs given);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_NAMED_FILES_H_
