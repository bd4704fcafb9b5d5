// The place of one model's compiled form in the compiled cache.
#ifndef NAMESAKE_GRAPH_CACHE_SLOT_H_
#define NAMESAKE_GRAPH_CACHE_SLOT_H_

#include <memory>

#include "namesake/backend.h"
#include "namesake/compiled_cache.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"

namespace namesake::graph {

// Hashes the model's content while the backend identifies its compiled form. Null if the backend
// has no form to keep. `options.cache` is not null. Errors: those of `Backend::IdentifyForm`;
// runtime_error for a file that can't be read.
Result<std::unique_ptr<CompiledSlot>> FindSlot(const Backend& backend, const Model& model,
                                               const ModelLayout& layout,
                                               const LoadOptions& options);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_CACHE_SLOT_H_
