// What a guest may read of a host's paths: nothing.
#ifndef NAMESAKE_VIEW_HOST_PATHS_H_
#define NAMESAKE_VIEW_HOST_PATHS_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace namesake::view {

using ByteSpan = std::span<const std::byte>;

// Whether something in the message looks like an absolute path and stands in none of `known`, which
// is what the guest has given itself: nodes of ONNX models have names such as "/layer/Conv", and
// quoting them tells the guest nothing new. In doubt there is one.
bool NamesHostPath(std::string_view message, std::span<const ByteSpan> known);

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_HOST_PATHS_H_
