// The settings of a model: of the host's and of a tenant's.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "config/table_settings.h"

namespace namesake::config {
namespace {

Words Encodings() { return NamesOf(kEncodingCount, EncodingName); }
Words Targets() { return NamesOf(kTargetCount, TargetName); }
Words LoadModes() { return {"eager", "lazy"}; }

void ReadModelName(const Input& input, ModelEntry& entry) {
  const auto text = ReadText(input);
  if (!text) return;
  entry.name = {*text, input.node.place};
  const auto name = ModelName::Parse(*text);
  if (!name) return input.problems.Add(input.node.place, "{}", name.error().detail());
  entry.model.name = name->text();
}

std::vector<std::filesystem::path>& PathsOf(ModelEntry& entry) {
  return std::get<ModelFiles>(entry.model.model.source).paths;
}

void ReadModelPath(const Input& input, ModelEntry& entry) {
  auto path = ReadPath(input);
  if (!path) return;
  AddPlace(fmt::format("paths[{}]", PathsOf(entry).size()), input, entry.model.places);
  PathsOf(entry).push_back(*std::move(path));
}

void ReadModelPaths(const Input& input, ModelEntry& entry) {
  const auto* list = input.node.As<Node::List>();
  if (list == nullptr) return AddWrongKind(input, "a list of paths");
  if (list->empty()) return input.problems.Add(input.node.place, "{} is empty", input.key);
  for (const Node& node : *list) {
    ReadModelPath({fmt::format("an element of {}", input.key), node, input.table, input.problems},
                  entry);
  }
}

void ReadModelOptions(const Input& input, ModelEntry& entry) {
  const auto* options = input.node.As<Table>();
  if (options == nullptr) return AddWrongKind(input, "a table");
  for (const Entry& option : *options) {
    const std::string key = fmt::format("{}.{}", input.key, KeyText(option.key));
    if (auto text = ReadScalar({key, option.value, input.table, input.problems})) {
      entry.model.model.options.insert_or_assign(option.key, *std::move(text));
      entry.model.places.insert_or_assign(fmt::format("{}.{}", input.key, option.key),
                                          input.problems.PublicPlace(option.place));
    }
  }
}

constexpr std::string_view kPath = "path";
constexpr std::string_view kPaths = "paths";

constexpr auto kModelSettings = std::to_array<Setting<ModelEntry>>({
    {.key = "name",
     .value = "string",
     .need = SettingNeed::kRequired,
     .read = ReadModelName,
     .sentence = "The name that guests ask for: 1 to 255 bytes without control characters."},
    {.key = "encoding",
     .choices = Encodings,
     .read =
         [](const Input& input, ModelEntry& entry) {
           AddPlace(input.key, input, entry.model.places);
           ReadEnum(input, Encodings(), entry.model.model.encoding);
         },
     .default_value =
         [](const ModelEntry& entry) { return WordToml(Encodings(), entry.model.model.encoding); },
     .sentence = "The format of the model. `\"autodetect\"` detects it from the content."},
    {.key = kPath,
     .value = "path",
     .read = ReadModelPath,
     .sentence = "The model's file, or its directory if the encoding uses one. Required unless "
                 "`paths` is given."},
    {.key = kPaths,
     .value = "list of paths",
     .read = ReadModelPaths,
     .sentence = "Replaces `path` for a model of several files, in the encoding's order (OpenVINO: "
                 "xml, bin)."},
    {.key = "target",
     .choices = Targets,
     .read =
         [](const Input& input, ModelEntry& entry) {
           AddPlace(input.key, input, entry.model.places);
           ReadEnum(input, Targets(), entry.model.model.target);
         },
     .default_value =
         [](const ModelEntry& entry) { return WordToml(Targets(), entry.model.model.target); },
     .sentence = "The kind of device it runs on. A device that the machine lacks is an error."},
    {.key = "load",
     .choices = LoadModes,
     .read = [](const Input& input,
                ModelEntry& entry) { ReadEnum(input, LoadModes(), entry.model.load); },
     .default_value =
         [](const ModelEntry& entry) { return WordToml(LoadModes(), entry.model.load); },
     .sentence =
         "When it is loaded: `\"eager\"` at the start, to stay loaded; `\"lazy\"` at its first "
         "lookup, to be unloaded when it is unused and its memory is needed."},
    {.key = "isolation",
     .choices = Isolations,
     .read =
         [](const Input& input, ModelEntry& entry) {
           ReadIsolation(input, entry.model.model.isolation, entry.model.places);
         },
     .sentence = "Where it is loaded: see `isolation` in `[host]`. Default: that of the tenant "
                 "that uses it."},
    {.key = "backend",
     .value = "string",
     .read =
         [](const Input& input, ModelEntry& entry) {
           const auto text = ReadText(input);
           if (!text) return;
           if (text->empty()) return input.problems.Add(input.node.place, "{} is empty", input.key);
           entry.model.model.backend = *text;
           entry.backend = {*text, input.node.place};
           AddPlace(input.key, input, entry.model.places);
         },
     .sentence =
         "The backend that runs it. Default: the first one that reads the encoding and knows the "
         "options."},
    {.key = "options",
     .value = "table of strings, numbers and booleans",
     .read = ReadModelOptions,
     .default_value = [](const ModelEntry&) { return std::string("{}"); },
     .sentence = "Backend-specific options, such as `inference_precision`."},
    {.key = "warm_up",
     .value = "boolean",
     .read =
         [](const Input& input, ModelEntry& entry) {
           if (const auto may = ReadFlag(input)) entry.model.model.warm_up = *may;
         },
     .default_value =
         [](const ModelEntry& entry) { return fmt::to_string(entry.model.model.warm_up); },
     .sentence =
         "Whether its load ends with one inference on zeros, for which a dimension that "
         "varies has the extent 1, so that the first inference of a guest is as fast as "
         "later ones. A failure is ignored, and after 10 seconds the load ends without it."},
});

ModelEntry ReadModel(const Input& input) {
  ModelEntry entry{.place = input.node.place};
  entry.model.place = input.problems.PublicPlace(input.node.place);
  ReadTable(input, input.table, entry);
  const auto* content = input.node.As<Table>();
  if (content == nullptr) return entry;
  const Node* paths = Find(*content, kPaths);
  const bool has_path = Find(*content, kPath) != nullptr;
  if (has_path && paths != nullptr) {
    input.problems.Add(paths->place, "{} has both {} and {}; give only one", input.table, kPath,
                       kPaths);
  }
  if (!has_path && paths == nullptr) {
    input.problems.Add(input.node.place, "{} has neither {} nor {}", input.table, kPath, kPaths);
  }
  return entry;
}

}  // namespace

template <>
std::span<const Setting<ModelEntry>> SettingsOf() {
  return kModelSettings;
}

std::vector<ModelEntry> ReadModels(const Input& input) {
  std::vector<ModelEntry> models;
  const auto* list = input.node.As<Node::List>();
  const std::string table = fmt::format("[{}]", Within(input.table, input.key));
  if (list == nullptr) {
    AddWrongKind(input, fmt::format("a list of tables, each headed {}", table));
    return models;
  }
  for (const Node& node : *list) {
    models.push_back(
        ReadModel({fmt::format("an element of {}", input.key), node, table, input.problems}));
  }
  return models;
}

}  // namespace namesake::config
