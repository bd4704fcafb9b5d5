// Parses any text as a model on the command line: it is accepted, or refused with a message, and
// what is accepted says what was written. Never throws, and only asks the filesystem which files
// exist.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "cli/model_option.h"
#include "require.h"

namespace namesake::fuzz {
namespace {

constexpr std::array kServed = {Encoding::kOpenVino, Encoding::kOnnx};

void CheckError(const Error& error) {
  Require(error.code() == ErrorCode::kInvalidArgument, "the error's code");
  Require(!error.message().empty(), "an error has a message");
}

void CheckModel(const Model& model) {
  const auto& paths = std::get<ModelFiles>(model.source).paths;
  Require(!paths.empty() && paths.size() <= 2, "a model has one path or two");
  for (const auto& path : paths) Require(!path.empty(), "no path is empty");
  Require(model.origin == Origin::kOperator, "the command line is the operator's");
}

// Escapes a field as the command line requires.
std::string Escaped(std::string_view field) {
  std::string escaped;
  for (const char character : field) {
    if (character == ':' || character == '\\') escaped += '\\';
    escaped += character;
  }
  return escaped;
}

std::string Written(const Model& model) {
  std::string text(EncodingName(model.encoding));
  text += ":" + std::string(TargetName(model.target));
  for (const auto& path : std::get<ModelFiles>(model.source).paths) {
    text += ":" + Escaped(path.native());
  }
  return text;
}

void CheckSame(const Result<Model>& again, const Model& model) {
  Require(again.has_value(), "what was read can be written");
  Require(again->encoding == model.encoding, "and its encoding is the same");
  Require(std::get<ModelFiles>(again->source).paths == std::get<ModelFiles>(model.source).paths,
          "and its paths are the same");
  Require(again->target == model.target, "and so is its target");
}

void CheckPreload(std::string_view text) {
  const auto preload = cli::ParsePreload(text, kServed);
  if (!preload) return CheckError(preload.error());
  CheckModel(preload->model);
  const std::string written = Written(preload->model);
  CheckSame(cli::ParseModel(written, std::nullopt, kServed), preload->model);
  const auto again = cli::ParsePreload(Escaped(preload->name) + ":" + written, kServed);
  Require(again.has_value() && again->name == preload->name, "a name is read as it was written");
}

void CheckParsedModel(std::string_view text) {
  const auto model = cli::ParseModel(text, std::nullopt, kServed);
  if (!model) return CheckError(model.error());
  CheckModel(*model);
  CheckSame(cli::ParseModel(Written(*model), std::nullopt, kServed), *model);
}

void CheckGraphDir(std::string_view text) {
  const auto graph = cli::ParseGraphDir(text, kServed);
  if (!graph) return CheckError(graph.error());
  CheckModel(graph->model);
  Require(!graph->name.contains('/'), "a base name has no folder");
}

}  // namespace
}  // namespace namesake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
  namesake::fuzz::CheckPreload(text);
  namesake::fuzz::CheckParsedModel(text);
  namesake::fuzz::CheckGraphDir(text);
  return 0;
}
