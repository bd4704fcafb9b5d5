// Models as the command line writes them.
#ifndef NAMESAKE_CLI_MODEL_OPTION_H_
#define NAMESAKE_CLI_MODEL_OPTION_H_

#include <string>
#include <string_view>

#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::cli {

struct NamedModel {
  std::string name;
  Model model;
};

// NAME:ENCODING[:TARGET]:PATH[:PATH…]. Encoding and target are in any case; the third field is a
// target when it reads as one and a path follows it, so that a file named "cpu" is written "./cpu"
// when another path follows. A colon within a field is written "\:" and a backslash "\\"; spaces
// stand for themselves. Errors: invalid_argument.
Result<NamedModel> ParsePreload(std::string_view text);

// ENCODING::DIR, as Wasmtime's command has it: the name is the directory's base name, and the files
// have the names that Wasmtime expects (model.xml and model.bin, model.onnx), or model.tflite, or
// model.pb, else the directory itself as TensorFlow's SavedModel; for autodetect whichever one of
// them is there. Errors: invalid_argument.
Result<NamedModel> ParseGraphDir(std::string_view text);

// ENCODING:PATH[:PATH…], written as for `ParsePreload`. Errors: invalid_argument.
Result<Model> ParseModel(std::string_view text);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_MODEL_OPTION_H_
