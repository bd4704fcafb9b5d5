// Whether a TensorFlow graph is well-formed, all through.
//
// OpenVINO's reader takes what it can't parse for another format, and then for another, and the
// library beneath it writes to standard error what it thinks of each. It is given none of that.
#ifndef NAMESAKE_GRAPH_GRAPH_DEF_CHECK_H_
#define NAMESAKE_GRAPH_GRAPH_DEF_CHECK_H_

#include <cstddef>
#include <span>

namespace namesake::graph {

// A message of TensorFlow's graph.proto with at least one node, in which each message is whole,
// each text is UTF-8 and each packed list is of whole numbers. Reads the structure and the lists,
// and skips the values that stand as bytes. Fields that graph.proto does not have are let pass.
bool IsWholeGraphDef(std::span<const std::byte> content);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_GRAPH_DEF_CHECK_H_
