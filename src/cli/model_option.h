// Models as the command line writes them.
//
// Fields stand between colons; a colon within a field is written "\:" and a backslash "\\", and
// spaces stand for themselves. A model is
//
//   PATH                              the encoding is detected
//   XML:BIN                           the same for OpenVINO's two files, told by the ".xml"
//   ENCODING[:TARGET]:PATH[:PATH]
//
// and is read from the left, by the text alone and by no file that is there:
// - The last field is always a path, so that "photo:onnx:cpu" has a path "cpu". It may not be the
//   only field and the name of an encoding: then a path has been forgotten. A file of that name is
//   "./onnx".
// - In front of another field the name of an encoding is one, in any case; behind it the name of a
//   target is one. So a first path "cpu" of two is written "./cpu".
// - Any other word (letters, digits, "-" and "_") in front of another field is a misspelled
//   encoding or target. What has another character, such as "." or "/", is a path.
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

// Those that any of the backends reads, in the order of Encoding.
std::vector<Encoding> ServedEncodings(const std::vector<std::unique_ptr<Backend>>& backends);
// "openvino, onnx or tensorflow".
std::string EncodingList(std::span<const Encoding> encodings);

struct NamedModel {
  std::string name;
  Model model;
};

// In all three, `served` is what errors list and offer. Other encodings are read too, for the host
// to refuse. Errors: invalid_argument.

// NAME:MODEL. The name of an encoding is no NAME where MODEL has none: then the name has been
// forgotten.
Result<NamedModel> ParsePreload(std::string_view text, std::span<const Encoding> served);

// ENCODING::DIR, as Wasmtime's command has it: the name is the directory's base name, and the files
// have the names that Wasmtime expects (model.xml and model.bin, model.onnx), or model.tflite, or
// model.pb, else the directory itself as TensorFlow's SavedModel; for autodetect whichever one of
// them is there. Where another model is there in place of them, the error offers that one.
Result<NamedModel> ParseGraphDir(std::string_view text, std::span<const Encoding> served);

// MODEL, for the CPU where neither it nor `target` says otherwise; both may not.
Result<Model> ParseModel(std::string_view text, std::optional<Target> target,
                         std::span<const Encoding> served);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_MODEL_OPTION_H_
