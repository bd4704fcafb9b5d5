// An entry of the compiled cache: the optimized graph in ONNX Runtime's own format, followed by a
// trailer with the facts about the model that this format loses.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_COMPILED_FORM_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_COMPILED_FORM_H_

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "backend_onnxruntime/ports.h"
#include "namesake/backend.h"

namespace namesake::onnxruntime {

// Everything besides the content that decides a form: ONNX Runtime's version and the processor's
// features, by which it chooses operations and arranges weights.
FormIdentity IdentifyForm();

// Returns the bytes to append to the graph.
std::string FormTrailer(const ModelFacts& facts);

struct Form {
  // Points into the payload.
  std::span<const std::byte> graph{};
  ModelFacts facts{};
};

// Empty for bytes without a trailer that FormTrailer() wrote.
std::optional<Form> ParseForm(std::span<const std::byte> payload);

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_COMPILED_FORM_H_
