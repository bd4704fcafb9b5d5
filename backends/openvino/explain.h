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

// For `Graph::notes`: names the signatures of a TensorFlow Lite model besides the one that it is
// loaded by, if no option has chosen that; empty if there are none.
std::string NoteOn(const ModelLayout& layout);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_EXPLAIN_H_
