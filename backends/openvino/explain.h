// Why OpenVINO refuses a model, as far as the model's bytes tell.
#ifndef NAMESAKE_BACKENDS_OPENVINO_EXPLAIN_H_
#define NAMESAKE_BACKENDS_OPENVINO_EXPLAIN_H_

#include <string>
#include <string_view>

#include "namesake/error.h"
#include "namesake/model_layout.h"

namespace namesake::openvino {

// `refusal` in words that a person who has only the model can act on, for a model that OpenVINO's
// reader refuses; `refusal` itself where nothing better is known. Its detail goes on from
// OpenVINO's words; its message has our own in their place. Reads the model once more.
Error Explain(const ModelLayout& layout, const Error& refusal);

// For `Graph::notes`: what of a model is loaded and can't be used; empty where there is nothing to
// say. The signatures of a TensorFlow Lite model whose subgraphs OpenVINO leaves out.
std::string NoteOn(const ModelLayout& layout);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_EXPLAIN_H_
