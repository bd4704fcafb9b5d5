// Checks that a TensorFlow graph is well-formed throughout.
//
// OpenVINO's reader tries content that it can't parse as one format after the other, and the
// library below it reports each failure on standard error. So the reader gets no malformed graphs.
#ifndef NAMESAKE_GRAPH_GRAPH_DEF_CHECK_H_
#define NAMESAKE_GRAPH_GRAPH_DEF_CHECK_H_

#include <cstddef>
#include <span>

namespace namesake::graph {

// Whether the content is a message of TensorFlow's graph.proto with at least one node, in which all
// messages are complete, all strings are UTF-8, and all packed lists hold complete numbers. Reads
// the structure and the lists, and skips values stored as bytes. Accepts fields unknown to
// graph.proto.
bool IsWholeGraphDef(std::span<const std::byte> content);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_GRAPH_DEF_CHECK_H_
