// Models as written on the command line.
//
// Fields are separated by colons. Within a field, a colon is written "\:" and a backslash "\\";
// spaces need no escape. A model is
//
//   PATH                              the encoding is detected
//   XML:BIN                           likewise, for OpenVINO's two files, known by the ".xml"
//   ENCODING[:TARGET]:PATH[:PATH]
//
// and is parsed from the left, from the text only, whatever files exist:
// - The last field is always a path: "photo:onnx:cpu" has the path "cpu". The name of an encoding
//   as the only field is an error, since a path is missing. A file of that name is written
//   "./onnx".
// - Before another field, the name of an encoding, in any case, means that encoding; after it, the
//   name of a target means that target. So if "cpu" is the first path of two, it is written
//   "./cpu".
// - Before another field, any other word (letters, digits, "-" and "_") is a misspelled encoding or
//   target. A field with any other character, such as "." or "/", is a path.
#ifndef NAMESAKE_CLI_MODEL_OPTION_H_
#define NAMESAKE_CLI_MODEL_OPTION_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::cli {

// Returns the encodings that any of the backends reads, in the order of Encoding.
std::vector<Encoding> ServedEncodings(const std::vector<std::unique_ptr<Backend>>& backends);
// "openvino, onnx or tensorflow".
std::string EncodingList(std::span<const Encoding> encodings);

struct NamedModel {
  std::string name;
  Model model;
};

// In all three, `served` lists the encodings that errors mention and suggest. Others are parsed
// too; the host refuses them. Errors: invalid_argument.

// Parses NAME:MODEL. Fails if NAME is an encoding and MODEL has none, since the name is missing
// then.
Result<NamedModel> ParsePreload(std::string_view text, std::span<const Encoding> served);

// Parses ENCODING::DIR, like Wasmtime's command. The name is the directory's base name. The files
// have the names that Wasmtime expects (model.xml and model.bin, model.onnx), or are model.tflite
// or model.pb; otherwise the directory itself is a TensorFlow SavedModel. For autodetect, takes
// whichever exists. If only another model exists there, the error suggests it.
Result<NamedModel> ParseGraphDir(std::string_view text, std::span<const Encoding> served);

// Parses MODEL. The target is the CPU unless MODEL or `target` names one; giving both is an error.
Result<Model> ParseModel(std::string_view text, std::optional<Target> target,
                         std::span<const Encoding> served);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_MODEL_OPTION_H_
