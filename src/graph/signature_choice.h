// The signature of a TensorFlow Lite model that an option chooses.
#ifndef NAMESAKE_GRAPH_SIGNATURE_CHOICE_H_
#define NAMESAKE_GRAPH_SIGNATURE_CHOICE_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "graph/tflite_signatures.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"

namespace namesake::graph {

// The option of a model whose value is the signature's key.
inline constexpr std::string_view kSignatureOption = "signature";

// Libraries load a model's first subgraph. Returns the layout itself if that is the signature's, or
// if no option chooses one; else a layout in memory whose first subgraph is. Errors:
// invalid_argument for a key that the model does not have, listing those that it has; runtime_error
// for a damaged model.
Result<ModelLayout> ChooseSignature(ModelLayout layout, const BackendOptions& options);

// Returns the names by the signature of `key`, or without a key by the first one of the first
// subgraph. Empty for a model that does not have it.
TfliteNames NamesBySignature(std::span<const std::byte> model, std::optional<std::string_view> key);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_SIGNATURE_CHOICE_H_
