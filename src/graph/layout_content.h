// The content of a model's parts, for the key of its compiled form.
#ifndef NAMESAKE_GRAPH_LAYOUT_CONTENT_H_
#define NAMESAKE_GRAPH_LAYOUT_CONTENT_H_

#include <string>

#include "namesake/compiled_cache.h"
#include "namesake/error.h"
#include "namesake/model_layout.h"

namespace namesake::graph {

// Adds the content of all parts. Errors: runtime_error for a file that can't be read.
Result<void> AddContent(const ModelLayout& layout, CacheKey::Builder& key);

// Identifies the files of a model; empty for a model in memory.
struct LayoutStamp {
  // Changes when a file of the model does, and is the same for other names of the same files.
  std::string content;
  // Also changes with what leaves the content as it is, such as further links, and can't be set
  // back.
  std::string status;
  // Whether any later change changes the status. File systems count time in steps, in which several
  // changes look like one.
  bool is_settled = true;
};
LayoutStamp StampOf(const ModelLayout& layout);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_LAYOUT_CONTENT_H_
