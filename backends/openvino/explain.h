// Explains why OpenVINO refuses a model, as far as the model's bytes show it.
#ifndef NAMESAKE_BACKENDS_OPENVINO_EXPLAIN_H_
#define NAMESAKE_BACKENDS_OPENVINO_EXPLAIN_H_

#include <string>
#include <string_view>

#include "namesake/error.h"
#include "namesake/model_layout.h"

namespace namesake::openvino {

// Rewords `refusal`, OpenVINO's error on reading a model, so that somebody who only has the model
// can act on it. Returns `refusal` itself if there is no better explanation. The detail continues
// OpenVINO's text; the message has Namesake's instead. Reads the model again.
Error Explain(const ModelLayout& layout, const Error& refusal);

// For `Graph::notes`: reports parts of a model that can't be used although it loads; empty if there
// are none. Covers the signatures of a TensorFlow Lite model whose subgraphs OpenVINO ignores.
std::string NoteOn(const ModelLayout& layout);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_EXPLAIN_H_
