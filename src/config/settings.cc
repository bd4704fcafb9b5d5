#include "config/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <iterator>
#include <span>
#include <utility>

#include "base/nearest.h"
#include "base/processors.h"
#include "base/text.h"
#include "base/units.h"
#include "config/renamed.h"

namespace namesake::config {
namespace {

// A key of a table that is read into a T. The lists of these, and those of the limits, are the only
// place that knows keys: reading, checks and the reference all use them.
template <typename T>
struct Setting {
  std::string_view key;
  // Describes the value in the reference; empty for a choice.
  std::string_view value{};
  std::vector<std::string_view> (*choices)() = nullptr;
  SettingNeed need = SettingNeed::kOptional;
  void (*read)(const Input& input, T& target);
  // The default as TOML. Null if there is none.
  std::string (*default_value)(const T& untouched) = nullptr;
  std::string_view sentence;
};

template <typename T>
std::span<const Setting<T>> SettingsOf();

// Overloads that read the value of one key, for either kind of setting.

template <typename T>
void ReadSetting(const Setting<T>& setting, const Input& input, T& target) {
  setting.read(input, target);
}

template <typename Limits>
void ReadSetting(const LimitSetting<Limits>& setting, const Input& input,
                 LimitsEntry<Limits>& target) {
  const auto limit = ReadLimit(input, {setting.unit, setting.least, setting.most});
  if (!limit) return;
  SetLimit(setting, limit->value, target.limits);
  target.given.emplace(setting.key, input.node.place);
}

// Joins "[tenants.acme]" and "limits" into "[tenants.acme.limits]".
std::string Within(std::string_view table, std::string_view key) {
  if (table.empty()) return fmt::format("[{}]", KeyText(key));
  return fmt::format("{}.{}]", table.substr(0, table.size() - 1), KeyText(key));
}

// A grant's table has no header in a file.
constexpr std::string_view kGrantTable = "a grant";
constexpr std::string_view kGrantReference = "a table in grants";
constexpr std::string_view kFileReference = "the file";

// Lists where the reference has the setting, as the continuation of "it belongs …".
std::vector<std::string> TablesWith(std::string_view key) {
  static const std::vector<SettingDescription> kAll = Settings();
  std::vector<std::string> tables;
  for (const SettingDescription& setting : kAll) {
    if (setting.key != key || setting.table == kGrantReference) continue;
    std::string table = "in " + setting.table;
    base::ReplaceAll(", ", " or in ", table);  // Two tables with the same settings.
    tables.push_back(setting.table == kFileReference ? "above the first table" : table);
  }
  return tables;
}

template <typename Texts>
bool Contains(const Texts& texts, std::string_view text) {
  return std::ranges::find(texts, text) != std::ranges::end(texts);
}

// Says where a misplaced key belongs; empty if there is no such setting.
std::string Elsewhere(std::string_view key, std::span<const std::string_view> known,
                      std::string_view table) {
  if (table == kGrantTable) return "";
  std::vector<std::string> tables = TablesWith(key);
  std::vector<std::string> within;
  const std::string_view own =
      Contains(known, "instance_limits") ? "[tenants.NAME]" : std::string_view(table);
  for (const std::string_view inner : {"limits", "instance_limits"}) {
    const bool has_table = Contains(known, inner);
    if (has_table && Contains(tables, "in " + Within(own, inner))) {
      within.push_back("in " + Within(table, inner));
    }
  }
  if (!within.empty()) tables = std::move(within);
  return tables.empty() ? "" : fmt::format("; it goes {}", fmt::join(tables, " or "));
}

void AddUnknownKey(const Entry& entry, std::span<const std::string_view> known,
                   const std::string& table, Problems& problems) {
  if (const auto renamed = NewNameOf(entry.key)) {
    problems.Add(entry.place, "{} is now called {}{}", entry.key, *renamed,
                 Contains(known, *renamed) ? "" : Elsewhere(*renamed, known, table));
    return;
  }
  std::string hint = Elsewhere(entry.key, known, table);
  if (hint.empty()) hint = base::Suggestion(entry.key, known);
  problems.Add(entry.place, "unknown setting \"{}\"{}{}{}", base::Printable(entry.key),
               table.empty() ? "" : " in ", table, hint);
}

// Reads `content` by `settings`, in the order of the settings.
template <typename Settings, typename T>
void ReadKeys(const Table& content, const std::string& table, const Settings& settings, T& target,
              Problems& problems) {
  std::vector<std::string_view> known;
  for (const auto& setting : settings) {
    known.push_back(setting.key);
    const Node* node = Find(content, setting.key);
    if (node == nullptr) continue;
    ReadSetting(setting, Input{std::string(setting.key), *node, table, problems}, target);
  }
  for (const Entry& entry : content) {
    if (std::ranges::find(known, entry.key) == known.end()) {
      AddUnknownKey(entry, known, table, problems);
    }
  }
}

// Like above, for a value that must be a table; `table` is its name.
template <typename T>
void ReadTable(const Input& input, const std::string& table, T& target) {
  const auto* content = input.node.As<Table>();
  if (content == nullptr) return AddWrongKind(input, "a table");
  ReadKeys(*content, table, SettingsOf<T>(), target, input.problems);
  for (const Setting<T>& setting : SettingsOf<T>()) {
    if (setting.need == SettingNeed::kRequired && Find(*content, setting.key) == nullptr) {
      input.problems.Add(input.node.place, "{} has no {}", table, setting.key);
    }
  }
}

template <typename Limits>
void ReadTable(const Input& input, const std::string& table, LimitsEntry<Limits>& target) {
  const auto* content = input.node.As<Table>();
  if (content == nullptr) return AddWrongKind(input, "a table");
  ReadKeys(*content, table, LimitSettings<Limits>(), target, input.problems);
}

// The words for the values of an enum, in the enum's order.
using Words = std::vector<std::string_view>;

template <typename Enum>
Words NamesOf(int count, std::string_view (*name)(Enum)) {
  Words names;
  for (int i = 0; i < count; ++i) names.push_back(name(static_cast<Enum>(i)));
  return names;
}

Words Encodings() { return NamesOf(kEncodingCount, EncodingName); }
Words Targets() { return NamesOf(kTargetCount, TargetName); }
Words LoadModes() { return {"eager", "lazy"}; }
Words HostModelsChoices() { return {"granted", "all"}; }
Words GuestRegisterChoices() { return {"no", "instance", "tenant"}; }
Words Isolations() { return NamesOf(kIsolationCount, IsolationName); }
Words Sandboxes() { return NamesOf(kSandboxCount, SandboxName); }

template <typename Enum>
void ReadEnum(const Input& input, const Words& words, Enum& target) {
  if (const auto index = ReadChoice(input, words)) target = static_cast<Enum>(*index);
}

std::string Quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

template <typename Enum>
std::string WordToml(const Words& words, Enum value) {
  return Quoted(words[static_cast<std::size_t>(value)]);
}

void AddPlace(std::string key, const Input& input, ConfigPlaces& places) {
  places.insert_or_assign(std::move(key), input.problems.PublicPlace(input.node.place));
}

// Reads the isolation of a model or a tenant, which may have none.
void ReadIsolation(const Input& input, std::optional<Isolation>& target, ConfigPlaces& places) {
  AddPlace(input.key, input, places);
  const auto index = ReadChoice(input, Isolations());
  if (index) target = static_cast<Isolation>(*index);
}

// ------------------------------------------------------------------------------------- models

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
template <>
std::span<const Setting<ModelEntry>> SettingsOf() {
  return kModelSettings;
}

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

// ------------------------------------------------------------------------------------- tenants

void ReadGrantedName(const Input& input, GrantEntry& entry) {
  const auto text = ReadText(input);
  if (!text) return;
  if (text->empty()) return input.problems.Add(input.node.place, "{} is empty", input.key);
  entry.grant.model = *text;
}

constexpr auto kGrantSettings = std::to_array<Setting<GrantEntry>>({
    {.key = "model",
     .value = "string",
     .need = SettingNeed::kRequired,
     .read = ReadGrantedName,
     .sentence = "The name of one of the host's models."},
    {.key = "as",
     .value = "string",
     .read =
         [](const Input& input, GrantEntry& entry) {
           const auto text = ReadText(input);
           if (!text) return;
           const auto name = ModelName::Parse(*text);
           if (!name) return input.problems.Add(input.node.place, "{}", name.error().detail());
           entry.grant.as = name->text();
         },
     .sentence = "The name under which the tenant's guests see the model. Default: its own name."},
});
template <>
std::span<const Setting<GrantEntry>> SettingsOf() {
  return kGrantSettings;
}

void ReadGrants(const Input& input, TenantEntry& tenant) {
  const auto* list = input.node.As<Node::List>();
  if (list == nullptr) return AddWrongKind(input, "a list of grants");
  for (const Node& node : *list) {
    const Input element{std::string(kGrantTable), node, input.table, input.problems};
    GrantEntry entry{.place = node.place};
    if (node.As<std::string>() != nullptr) {
      ReadGrantedName(element, entry);
    } else if (node.As<Table>() != nullptr) {
      ReadTable(element, element.key, entry);
    } else {
      AddWrongKind(element, "a model's name or a table");
      continue;
    }
    tenant.grants.push_back(std::move(entry));
  }
}

Policy& PolicyOf(TenantEntry& entry) { return entry.tenant.options.policy; }
const Policy& PolicyOf(const TenantEntry& entry) { return entry.tenant.options.policy; }

constexpr auto kTenantSettings = std::to_array<Setting<TenantEntry>>({
    {.key = "host_models",
     .choices = HostModelsChoices,
     .read =
         [](const Input& input, TenantEntry& entry) {
           ReadEnum(input, HostModelsChoices(), PolicyOf(entry).host_models);
         },
     .default_value =
         [](const TenantEntry& entry) {
           return WordToml(HostModelsChoices(), PolicyOf(entry).host_models);
         },
     .sentence = "Which of the host's models its guests see: only those in `grants`, or all the "
                 "others too."},
    {.key = "grants",
     .value = "list of names and tables",
     .read = ReadGrants,
     .default_value = [](const TenantEntry&) { return std::string("[]"); },
     .sentence = "The host's models that its guests see, each under its own name or another."},
    {.key = "guest_load",
     .value = "boolean",
     .read =
         [](const Input& input, TenantEntry& entry) {
           const auto may = ReadFlag(input);
           if (may) PolicyOf(entry).guest_load = *may ? GuestLoad::kAllowed : GuestLoad::kForbidden;
         },
     .default_value =
         [](const TenantEntry& entry) {
           return fmt::format("{}", PolicyOf(entry).guest_load == GuestLoad::kAllowed);
         },
     .sentence = "Whether its guests may load models from bytes."},
    {.key = "guest_register",
     .choices = GuestRegisterChoices,
     .read =
         [](const Input& input, TenantEntry& entry) {
           ReadEnum(input, GuestRegisterChoices(), PolicyOf(entry).guest_register);
         },
     .default_value =
         [](const TenantEntry& entry) {
           return WordToml(GuestRegisterChoices(), PolicyOf(entry).guest_register);
         },
     .sentence = "Whether its guests may register models under names: not at all, each for itself "
                 "(`\"instance\"`), or for all of the tenant's guests (`\"tenant\"`)."},
    {.key = "guest_options",
     .value = "list of strings",
     .read =
         [](const Input& input, TenantEntry& entry) {
           for (PlacedText& option : ReadTexts(input)) {
             PolicyOf(entry).guest_options.insert(std::move(option.text));
           }
         },
     .default_value = [](const TenantEntry&) { return std::string("[]"); },
     .sentence =
         "The backend options that its guests may set when they look up a model. Streams and "
         "threads are limited to the number of processors."},
    {.key = "isolation",
     .choices = Isolations,
     .read =
         [](const Input& input, TenantEntry& entry) {
           ReadIsolation(input, entry.tenant.options.isolation, entry.tenant.places);
         },
     .sentence = "Where the models that its guests use are loaded: see `isolation` in `[host]`. "
                 "Default: the host's."},
    {.key = "models",
     .value = "list of tables",
     .read = [](const Input& input, TenantEntry& entry) { entry.models = ReadModels(input); },
     .default_value = [](const TenantEntry&) { return std::string("[]"); },
     .sentence = "The tenant's own models, which other tenants can't see; see below."},
    {.key = "limits",
     .value = "table",
     .read =
         [](const Input& input, TenantEntry& entry) {
           ReadTable(input, Within(input.table, input.key), entry.limits);
         },
     .sentence = "Limits for all of its guests together; see below."},
    {.key = "instance_limits",
     .value = "table",
     .read =
         [](const Input& input, TenantEntry& entry) {
           ReadTable(input, Within(input.table, input.key), entry.instance_limits);
         },
     .sentence = "Limits for each of its guests; see below."},
});
template <>
std::span<const Setting<TenantEntry>> SettingsOf() {
  return kTenantSettings;
}

// The tenant of a file before its settings are read: what it may see and do must be given
// explicitly.
TenantEntry NewTenant(std::string name, Place place) {
  TenantEntry entry{.place = place};
  entry.tenant.options.name = std::move(name);
  PolicyOf(entry).host_models = HostModels::kGranted;
  PolicyOf(entry).guest_load = GuestLoad::kForbidden;
  return entry;
}

void CheckTenantName(const Entry& entry, Problems& problems) {
  // TOML is UTF-8, so that needs no check.
  if (entry.key.empty()) problems.Add(entry.place, "a tenant's name is empty");
  if (entry.key.size() > ModelName::kMaxBytes) {
    problems.Add(entry.place, "a tenant's name has {} bytes; at most {} are allowed",
                 entry.key.size(), ModelName::kMaxBytes);
  }
  if (base::HasControlCharacter(entry.key)) {
    problems.Add(entry.place, "the tenant name \"{}\" has a control character",
                 base::Printable(entry.key));
  }
}

// An override with a misspelled tenant would create one that nobody uses.
void AddTenantOfOverride(const Entry& entry, const Table& tenants, Problems& problems) {
  std::vector<std::string_view> known;
  for (const Entry& tenant : tenants) {
    if (tenant.place.source == 0) known.push_back(tenant.key);
  }
  problems.Add(entry.place, "unknown tenant \"{}\" in the file{}", base::Printable(entry.key),
               base::Suggestion(entry.key, known));
}

void ReadTenants(const Input& input, FileEntry& file) {
  const auto* tenants = input.node.As<Table>();
  if (tenants == nullptr) return AddWrongKind(input, "a table");
  for (const Entry& entry : *tenants) {
    const Input tenant{fmt::format("{}.{}", input.key, KeyText(entry.key)), entry.value,
                       input.table, input.problems};
    if (entry.place.source > 0) {
      AddTenantOfOverride(entry, *tenants, input.problems);
      continue;
    }
    CheckTenantName(entry, input.problems);
    file.tenants.push_back(NewTenant(entry.key, entry.place));
    ReadTable(tenant, Within(Within("", input.key), entry.key), file.tenants.back());
  }
}

// ------------------------------------------------------------------------------------- the host

template <std::optional<std::filesystem::path> HostEntry::* kField>
void ReadHostPath(const Input& input, HostEntry& host) {
  auto path = ReadPath(input);
  if (!path) return;
  AddPlace(input.key, input, host.places);
  host.*kField = *std::move(path);
}

void ReadEncodingBackends(const Input& input, HostEntry& host) {
  const auto* table = input.node.As<Table>();
  if (table == nullptr) return AddWrongKind(input, "a table");
  for (const Entry& entry : *table) {
    const std::string key = fmt::format("{}.{}", input.key, KeyText(entry.key));
    const auto encoding = ParseEncoding(entry.key);
    if (!encoding || *encoding == Encoding::kAutodetect) {
      input.problems.Add(entry.place, "{}: \"{}\" is no encoding", input.key,
                         base::Printable(entry.key));
      continue;
    }
    const auto name = ReadText({key, entry.value, input.table, input.problems});
    if (!name) continue;
    host.encoding_backends.insert_or_assign(*encoding, *name);
    host.places.insert_or_assign(fmt::format("{}.{}", input.key, EncodingName(*encoding)),
                                 input.problems.PublicPlace(entry.value.place));
  }
}

constexpr auto kHostSettings = std::to_array<Setting<HostEntry>>({
    {.key = "cache_dir",
     .value = "path",
     .read = ReadHostPath<&HostEntry::cache_dir>,
     .sentence = "Where compiled models are kept between processes."},
    {.key = "snapshot_dir",
     .value = "path",
     .read = ReadHostPath<&HostEntry::snapshot_dir>,
     .sentence = "Where the host keeps copies of models that guests register by path. Default: the "
                 "system's temporary directory."},
    {.key = "backends",
     .value = "list of strings",
     .read =
         [](const Input& input, HostEntry& host) {
           host.backends = ReadTexts(input);
           for (std::size_t i = 0; i < host.backends.size(); ++i) {
             host.places.insert_or_assign(fmt::format("{}[{}]", input.key, i),
                                          input.problems.PublicPlace(host.backends[i].place));
           }
           const auto* list = input.node.As<Node::List>();
           if (list != nullptr && list->empty()) {
             input.problems.Add(input.node.place, "{} is empty", input.key);
           }
         },
     .sentence = "The backends in order of preference: the first one that reads an encoding, and "
                 "knows a model's options, serves it. Default: all available backends, ONNX "
                 "Runtime before OpenVINO."},
    {.key = "encoding_backends",
     .value = "table of strings",
     .read = ReadEncodingBackends,
     .default_value = [](const HostEntry&) { return std::string("{}"); },
     .sentence = "The backend that comes first for an encoding, before the order of `backends`, "
                 "such as `{ onnx = \"openvino\" }`. A model's own backend and options count "
                 "more."},
    {.key = "failed_load_ttl",
     .value = "duration",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto duration = ReadDuration(input)) host.failed_load_ttl = *duration;
         },
     .default_value =
         [](const HostEntry& host) { return Quoted(base::DurationText(host.failed_load_ttl)); },
     .sentence =
         "How long a failed load is remembered. Until then, further loads of it fail with the same "
         "error."},
    {.key = "isolation",
     .choices = Isolations,
     .read =
         [](const Input& input, HostEntry& host) {
           AddPlace(input.key, input, host.places);
           ReadEnum(input, Isolations(), host.isolation);
         },
     .default_value = [](const HostEntry& host) { return WordToml(Isolations(), host.isolation); },
     .sentence =
         "Where models are loaded and compute: in the host's process, once for all tenants "
         "(`\"process\"`), in processes of each tenant that uses them (`\"tenant\"`), or in "
         "one process for all tenants (`\"host\"`), which takes less memory and "
         "protects less. What guests supply is in their tenant's process in place of "
         "`\"host\"`. The setting of a tenant counts more, and that of a model most."},
    {.key = "sandbox",
     .choices = Sandboxes,
     .read = [](const Input& input,
                HostEntry& host) { ReadEnum(input, Sandboxes(), host.sandbox); },
     .default_value = [](const HostEntry& host) { return WordToml(Sandboxes(), host.sandbox); },
     .sentence = "What a tenant's process does if the system lacks a part of its sandbox: it does "
                 "not start (`\"strict\"`), or it does without, and the host logs a warning "
                 "(`\"best effort\"`)."},
    {.key = "sandbox_devices",
     .value = "list of paths",
     .read =
         [](const Input& input, HostEntry& host) {
           const auto paths = ReadTexts(input);
           for (std::size_t i = 0; i < paths.size(); ++i) {
             const auto& [text, place] = paths[i];
             if (std::filesystem::path(text).is_absolute()) {
               host.sandbox_devices.emplace_back(text);
             } else {
               input.problems.Add(place, "{}[{}]: \"{}\" is not an absolute path", input.key, i,
                                  base::Printable(text));
             }
           }
         },
     .sentence = "Devices other than processors that tenants' processes may use: paths of device "
                 "files, and of what their drivers read, such as `[\"/dev/dri\", "
                 "\"/sys/class/drm\", \"/etc/OpenCL\"]`. A process opens them while it starts, and "
                 "none later."},
    {.key = "spare_workers",
     .value = "boolean",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto may = ReadFlag(input)) host.spare_workers = *may;
         },
     .default_value = [](const HostEntry& host) { return fmt::to_string(host.spare_workers); },
     .sentence = "Whether each backend that tenants use keeps one more process ready, which is "
                 "nobody's yet, for the next tenant's first load. `namesake run`, which has one "
                 "tenant, keeps none."},
    {.key = "quarantine",
     .value = "boolean",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto may = ReadFlag(input)) host.quarantine = *may;
         },
     .default_value = [](const HostEntry& host) { return fmt::to_string(host.quarantine); },
     .sentence = "Whether a tenant whose inference has ended a process that serves all tenants "
                 "(`isolation = \"host\"`) has that model in a process of its own for a minute. "
                 "Otherwise it goes on to use the shared one, and is only refused for longer and "
                 "longer."},
    {.key = "threads",
     .value = "integer",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto count = ReadCount(input, base::kMostThreads)) host.threads = *count;
         },
     .sentence = "The threads on which inferences compute together. Without it, one for each "
                 "processor that the host may use, by its affinity and the quotas of its control "
                 "groups. Inferences wait for threads, tenant by tenant: each for one, "
                 "or for as many as the options of its model give it. One that has run for 20 ms "
                 "leaves its threads to those who wait. No process of a backend computes on more."},
    {.key = "worker_idle_time",
     .value = "duration",
     .read =
         [](const Input& input, HostEntry& host) {
           if (const auto duration = ReadDuration(input)) host.worker_idle_time = *duration;
         },
     .default_value =
         [](const HostEntry& host) { return Quoted(base::DurationText(host.worker_idle_time)); },
     .sentence = "How long a tenant's process may have nothing to do and no open context before it "
                 "is ended. The next use starts another one and loads its model again, from the "
                 "compiled cache if there is one."},
    {.key = "worker_cgroup",
     .value = "path",
     .read = ReadHostPath<&HostEntry::worker_cgroup>,
     .sentence = "A control group with the memory controller that is left to the host, such as a "
                 "folder beneath `/sys/fs/cgroup`. Each tenant's process gets a group with "
                 "`max_worker_memory_bytes` of its tenant there. Without it the host watches the "
                 "processes' memory."},
    {.key = "backend_dir",
     .value = "path",
     .read = ReadHostPath<&HostEntry::backend_dir>,
     .sentence = "Where the backends' programs are, which run in tenants' processes. Default: "
                 "beside the library."},
    {.key = "limits",
     .value = "table",
     .read = [](const Input& input,
                HostEntry& host) { ReadTable(input, Within(input.table, input.key), host.limits); },
     .sentence = "Limits for the whole host, across all tenants; see below."},
});
template <>
std::span<const Setting<HostEntry>> SettingsOf() {
  return kHostSettings;
}

// ------------------------------------------------------------------------------------- the file

constexpr auto kFileSettings = std::to_array<Setting<FileEntry>>({
    {.key = "host",
     .value = "table",
     .read = [](const Input& input,
                FileEntry& file) { ReadTable(input, Within("", input.key), file.host); },
     .sentence = "The host itself."},
    {.key = "models",
     .value = "list of tables",
     .read = [](const Input& input, FileEntry& file) { file.models = ReadModels(input); },
     .default_value = [](const FileEntry&) { return std::string("[]"); },
     .sentence = "The host's own models, which tenants see only as granted."},
    {.key = "tenants",
     .value = "table of tables",
     .read = ReadTenants,
     .sentence = "The tenants by name. Without any, there is one named `default`, which sees all "
                 "models and may load its own."},
});
template <>
std::span<const Setting<FileEntry>> SettingsOf() {
  return kFileSettings;
}

// ------------------------------------------------------------------------------------- reference

// "`"eager"` or `"lazy"`".
std::string ChoiceText(const Words& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("`{}`", Quoted(words[i]));
  }
  return text;
}

template <typename T>
void Describe(std::string_view table, const T& untouched, std::vector<SettingDescription>& all) {
  for (const Setting<T>& setting : SettingsOf<T>()) {
    all.push_back(
        {.table = std::string(table),
         .key = std::string(setting.key),
         .value = setting.choices ? ChoiceText(setting.choices()) : std::string(setting.value),
         .need = setting.need,
         .default_value = setting.default_value ? setting.default_value(untouched) : "",
         .sentence = std::string(setting.sentence)});
  }
}

template <typename Limits>
void DescribeLimits(std::string_view table, std::vector<SettingDescription>& all) {
  for (const LimitSetting<Limits>& setting : LimitSettings<Limits>()) {
    all.push_back({.table = std::string(table),
                   .key = std::string(setting.key),
                   .value = RangeText({setting.unit, setting.least, setting.most}),
                   .default_value = LimitToml(setting.unit, LimitOf(setting, Limits{})),
                   .sentence = std::string(setting.sentence)});
  }
}

}  // namespace

FileEntry ReadSettings(const Table& document, Problems& problems) {
  FileEntry file;
  ReadKeys(document, "", SettingsOf<FileEntry>(), file, problems);
  return file;
}

}  // namespace namesake::config

namespace namesake {

std::vector<SettingDescription> Settings() {
  using namespace config;
  std::vector<SettingDescription> all;
  Describe(kFileReference, FileEntry{}, all);
  Describe("[host]", HostEntry{}, all);
  DescribeLimits<HostLimits>("[host.limits]", all);
  Describe("[[models]], [[tenants.NAME.models]]", ModelEntry{}, all);
  Describe("[tenants.NAME]", NewTenant("NAME", {}), all);
  Describe(kGrantReference, GrantEntry{}, all);
  DescribeLimits<TenantLimits>("[tenants.NAME.limits]", all);
  DescribeLimits<InstanceLimits>("[tenants.NAME.instance_limits]", all);
  return all;
}

}  // namespace namesake
