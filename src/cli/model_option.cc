#include "cli/model_option.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/text.h"
#include "graph/encoding_layout.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

using Fields = std::span<const std::string>;
using Encodings = std::span<const Encoding>;

constexpr std::string_view kColon = "write a colon in a path as \"\\:\"";

std::vector<std::string> SplitFields(std::string_view text) {
  std::vector<std::string> fields(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ':' || text[i + 1] == '\\');
    if (escapes) {
      fields.back() += text[++i];
    } else if (text[i] == ':') {
      fields.emplace_back();
    } else {
      fields.back() += text[i];
    }
  }
  return fields;
}

// Escapes a field for the command line.
std::string Written(std::string_view field) {
  std::string written(field);
  base::ReplaceAll("\\", "\\\\", written);
  base::ReplaceAll(":", "\\:", written);
  return written;
}

// Joins and escapes fields that were meant as one with unescaped colons.
std::string WrittenAsOne(Fields fields) {
  std::string joined = fields.front();
  for (const std::string& field : fields.subspan(1)) joined += ":" + field;
  return Written(joined);
}

bool IsWord(std::string_view field) {
  return !field.empty() && std::ranges::all_of(field, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

std::unexpected<Error> NoEncoding(std::string_view word, Encodings served) {
  std::vector<std::string_view> names;
  for (const Encoding encoding : served) names.push_back(EncodingName(encoding));
  names.push_back(EncodingName(Encoding::kAutodetect));
  if (const auto nearest = base::Nearest(base::ToLower(word), names)) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "\"{}\" is not an encoding; did you mean \"{}\"?", base::Printable(word),
                      *nearest);
  }
  return base::Fail(ErrorCode::kInvalidArgument,
                    "\"{}\" is not an encoding ({}, or autodetect to detect it from the content)",
                    base::Printable(word), EncodingList(served));
}

std::unexpected<Error> NoTarget(std::string_view word) {
  return base::Fail(ErrorCode::kInvalidArgument, "\"{}\" is not a target (cpu, gpu, tpu or auto)",
                    base::Printable(word));
}

// A model from the command line, and which parts were given explicitly.
struct ReadModel {
  Model model;
  bool has_encoding = false;
  bool has_target = false;
};

Result<ReadModel> WithPaths(ReadModel read, Fields paths) {
  ModelFiles files;
  for (const std::string& path : paths) files.paths.emplace_back(path);
  read.model.source = std::move(files);
  return read;
}

Result<ReadModel> ReadEncoded(Encoding encoding, Fields fields) {
  ReadModel read{
      .model = {.encoding = encoding, .target = Target::kCpu, .source = {}, .options = {}},
      .has_encoding = true};
  const auto target = fields.size() > 1 ? ParseTarget(fields.front()) : std::nullopt;
  if (target) {
    read.model.target = *target;
    read.has_target = true;
    fields = fields.subspan(1);
  }
  const std::size_t most = graph::MaxParts(encoding);
  if (fields.size() <= most) return WithPaths(std::move(read), fields);
  if (!target && IsWord(fields.front())) return NoTarget(fields.front());
  return base::Fail(ErrorCode::kInvalidArgument, "{} takes {}, not {}; {}, as in {}",
                    EncodingName(encoding), most == 1 ? "one path" : "at most two paths",
                    fields.size(), kColon, base::Printable(WrittenAsOne(fields)));
}

Result<ReadModel> ReadDetected(Fields fields, Encodings served) {
  const std::string& first = fields.front();
  if (fields.size() > 1 && ParseTarget(first)) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "\"{}\" is a target, which goes after an encoding: autodetect:{}:{}", first,
                      first, base::Printable(Written(fields[1])));
  }
  if (fields.size() > 1 && IsWord(first)) {
    auto none = NoEncoding(first, served);
    if (none.error().detail().ends_with('?')) return none;
    return base::Fail(ErrorCode::kInvalidArgument, "{}; {}, as in {}", none.error().detail(),
                      kColon, base::Printable(WrittenAsOne(fields)));
  }
  const auto told = graph::EncodingByExtension(first);
  const bool takes_all = told && fields.size() <= graph::MaxParts(*told);
  if (fields.size() > 1 && !takes_all) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "without an encoding, expected one path or XML:BIN; {}, as in {}", kColon,
                      base::Printable(WrittenAsOne(fields)));
  }
  return WithPaths({.model = {.encoding = Encoding::kAutodetect,
                              .target = Target::kCpu,
                              .source = {},
                              .options = {}}},
                   fields);
}

// `fields` must not be empty.
Result<ReadModel> ReadFields(Fields fields, Encodings served) {
  if (std::ranges::count(fields, "") > 0) {
    return base::Fail(ErrorCode::kInvalidArgument, "a path is empty; {}", kColon);
  }
  const auto encoding = ParseEncoding(fields.front());
  if (!encoding) return ReadDetected(fields, served);
  if (fields.size() > 1) return ReadEncoded(*encoding, fields.subspan(1));
  return base::Fail(
      ErrorCode::kInvalidArgument,
      "\"{}\" is an encoding and needs a path after it; for a file of that name, write ./{}",
      fields.front(), fields.front());
}

// Guesses a model name from its path; empty if there is none.
std::string NameFor(const fs::path& path) {
  const fs::path file = path.has_filename() ? path : path.parent_path();
  const std::string stem = file.stem().string();
  return stem == "." || stem == ".." ? "" : stem;
}

// Handles a single field. "model.onnx" and "photo=model.onnx" have all that a suggestion needs.
std::unexpected<Error> NoName(const std::string& field) {
  const auto equals = field.find('=');
  const bool assigns = equals != std::string::npos && equals > 0 && equals + 1 < field.size() &&
                       !field.substr(0, equals).contains('/');
  const std::string path = assigns ? field.substr(equals + 1) : field;
  const std::string name = assigns ? field.substr(0, equals) : NameFor(path);
  constexpr std::string_view kExpected = "expected NAME[:ENCODING[:TARGET]]:PATH[:PATH...]";
  if (name.empty() || IsWord(field)) {
    return base::Fail(ErrorCode::kInvalidArgument, "{}, such as photo:photo.onnx", kExpected);
  }
  return base::Fail(ErrorCode::kInvalidArgument, "{}; did you mean {}:{}?", kExpected,
                    base::Printable(Written(name)), base::Printable(Written(path)));
}

// Finds the one graph file in the directory; returns the directory itself if there is none. Errors:
// invalid_argument for several files, each of which could be meant.
Result<ModelFiles> AnyFileIn(const fs::path& dir) {
  std::vector<fs::path> found;
  for (const graph::EncodingLayout& layout : graph::kEncodingLayouts) {
    const std::string name = graph::GraphFileName(layout.encoding);
    std::error_code ignored;
    if (!name.empty() && fs::exists(dir / name, ignored)) found.push_back(dir / name);
  }
  if (found.size() > 1) {
    return base::Fail(ErrorCode::kInvalidArgument, "{} and {} both exist; give the encoding",
                      found[0].string(), found[1].string());
  }
  return ModelFiles{{found.empty() ? dir : found.front()}};
}

Result<ModelFiles> FilesIn(const fs::path& dir, Encoding encoding) {
  if (encoding == Encoding::kAutodetect) return AnyFileIn(dir);
  const std::string name = graph::GraphFileName(encoding);
  std::error_code ignored;
  const bool is_dir =
      name.empty() || (graph::MayBeDirectory(encoding) && !fs::exists(dir / name, ignored));
  return ModelFiles{{is_dir ? dir : dir / name}};
}

// Finds the model in `dir` that is most likely of `encoding`.
std::optional<fs::path> ModelIn(const fs::path& dir, Encoding encoding, Encodings served) {
  constexpr int kMostEntries = 1000;
  const auto rank = [&](const fs::path& file) {
    return std::tuple(graph::EncodingByExtension(file) != encoding, !graph::IsGraphFileName(file),
                      file);
  };
  std::optional<fs::path> best;
  std::error_code error;
  fs::directory_iterator entry(dir, error);
  for (int i = 0; !error && entry != fs::directory_iterator() && i < kMostEntries;
       entry.increment(error), ++i) {
    const fs::path& file = entry->path();
    const auto told = graph::EncodingByExtension(file);
    if (!told || std::ranges::count(served, *told) == 0) continue;
    if (!best || rank(file) < rank(*best)) best = file;
  }
  return best;
}

// Fails if `dir` has a model, but under none of the expected names.
Result<void> CheckGraphDir(const fs::path& dir, const std::string& name, Encoding encoding,
                           const fs::path& wanted, Encodings served) {
  const std::string missing = encoding == Encoding::kAutodetect ? "recognized model.* file"
                                                                : graph::GraphFileName(encoding);
  std::error_code ignored;
  const bool is_there = wanted == dir ? graph::IsModelDirectory(dir, Encoding::kAutodetect)
                                      : fs::exists(wanted, ignored);
  if (missing.empty() || is_there || !fs::is_directory(dir, ignored)) return {};
  const auto found = ModelIn(dir, encoding, served);
  if (!found) return {};
  const std::string offer =
      graph::IsGraphFileName(*found)
          ? fmt::format("--nn-graph {}::{}", EncodingName(*graph::EncodingByExtension(*found)),
                        dir.string())
          : fmt::format("--nn-preload {}:{}", Written(name), Written(found->string()));
  return base::Fail(ErrorCode::kInvalidArgument, "{} has no {}, but has {}; did you mean {}?",
                    base::Printable(dir.string()), missing,
                    base::Printable(found->filename().string()), base::Printable(offer));
}

std::unexpected<Error> NoGraphDir(std::string_view text) {
  const auto colon = text.find(':');
  const std::string_view dir =
      colon == std::string_view::npos ? text : text.substr(std::min(colon + 1, text.size()));
  if (colon == std::string_view::npos || dir.empty() || dir == ":" ||
      !ParseEncoding(text.substr(0, colon))) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "expected ENCODING::DIR, such as onnx::models/photo");
  }
  return base::Fail(ErrorCode::kInvalidArgument, "expected ENCODING::DIR; did you mean {}::{}?",
                    base::Printable(text.substr(0, colon)), base::Printable(dir));
}

}  // namespace

std::vector<Encoding> ServedEncodings(const std::vector<std::unique_ptr<Backend>>& backends) {
  std::vector<Encoding> served;
  for (const auto& backend : backends) {
    served.insert(served.end(), backend->encodings().begin(), backend->encodings().end());
  }
  std::ranges::sort(served);
  served.erase(std::ranges::unique(served).begin(), served.end());
  return served;
}

std::string EncodingList(std::span<const Encoding> encodings) {
  std::string list;
  for (std::size_t i = 0; i < encodings.size(); ++i) {
    if (i > 0) list += i + 1 == encodings.size() ? " or " : ", ";
    list += EncodingName(encodings[i]);
  }
  return list;
}

Result<NamedModel> ParsePreload(std::string_view text, std::span<const Encoding> served) {
  const std::vector<std::string> fields = SplitFields(text);
  if (fields.size() < 2) return NoName(fields.front());
  auto read = ReadFields(Fields(fields).subspan(1), served);
  if (!read) return base::Fail(std::move(read));
  const std::string& name = fields.front();
  if (!read->has_encoding && ParseEncoding(name)) {
    const std::string offered = NameFor(fields[1]);
    return base::Fail(ErrorCode::kInvalidArgument,
                      "\"{}\" is an encoding, but no name precedes it; did you mean {}:{}?", name,
                      base::Printable(Written(offered.empty() ? "photo" : offered)),
                      base::Printable(text));
  }
  return NamedModel{.name = name, .model = std::move(read->model)};
}

Result<NamedModel> ParseGraphDir(std::string_view text, std::span<const Encoding> served) {
  const auto separator = text.find("::");
  if (separator == std::string_view::npos || separator + 2 == text.size()) return NoGraphDir(text);
  const std::string_view encoding_text = text.substr(0, separator);
  const auto encoding = ParseEncoding(encoding_text);
  if (!encoding) return NoEncoding(encoding_text, served);
  const fs::path dir = text.substr(separator + 2);
  auto files = FilesIn(dir, *encoding);
  if (!files) return base::Fail(files);
  // Normalize first: "models/" and "." have no base name.
  fs::path named = fs::absolute(dir).lexically_normal();
  if (!named.has_filename()) named = named.parent_path();
  std::string name = named.filename().string();
  if (auto checked = CheckGraphDir(dir, name, *encoding, files->paths.front(), served); !checked) {
    return base::Fail(std::move(checked));
  }
  return NamedModel{.name = std::move(name),
                    .model = {.encoding = *encoding,
                              .target = Target::kCpu,
                              .source = *std::move(files),
                              .options = {}}};
}

Result<Model> ParseModel(std::string_view text, std::optional<Target> target,
                         std::span<const Encoding> served) {
  const std::vector<std::string> fields = SplitFields(text);
  if (fields.size() > 2 && IsWord(fields[0]) && !ParseEncoding(fields[0]) &&
      ParseEncoding(fields[1])) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "expected a model without a name; did you mean {}?",
                      base::Printable(text.substr(fields[0].size() + 1)));
  }
  auto read = ReadFields(fields, served);
  if (!read) return base::Fail(std::move(read));
  if (target && read->has_target) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "the target is given twice, here and with --target");
  }
  if (target) read->model.target = *target;
  return std::move(read->model);
}

}  // namespace namesake::cli
