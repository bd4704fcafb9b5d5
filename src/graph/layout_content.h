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

// Returns a text that changes when a file of the model does, to check that the model was not
// changed between hashing and reading.
std::string Stamp(const ModelLayout& layout);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_LAYOUT_CONTENT_H_
