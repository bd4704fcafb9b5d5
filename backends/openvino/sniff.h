// What the first bytes of a model say about its encoding.
#ifndef NAMESAKE_BACKENDS_OPENVINO_SNIFF_H_
#define NAMESAKE_BACKENDS_OPENVINO_SNIFF_H_

#include <cstddef>
#include <optional>
#include <span>

#include "namesake/model.h"

namespace namesake::openvino {

// Whether this backend reads the encoding.
bool IsServed(Encoding encoding);

// False for content that is evidently something else; true is no promise. A TensorFlow graph is the
// frozen one: a SavedModel is a directory.
bool MayBe(Encoding encoding, std::span<const std::byte> content);

// What the content looks like, where that can be told.
std::optional<Encoding> Guess(std::span<const std::byte> content);

// Whether an OpenVINO IR has constants, and so needs its .bin.
bool HasConstants(std::span<const std::byte> xml);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_SNIFF_H_
