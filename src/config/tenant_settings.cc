// The settings of a tenant, and its grants.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"
#include "config/table_settings.h"

namespace namesake::config {
namespace {

Words HostModelsChoices() { return {"granted", "all"}; }
Words GuestRegisterChoices() { return {"no", "instance", "tenant"}; }

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

}  // namespace

template <>
std::span<const Setting<GrantEntry>> SettingsOf() {
  return kGrantSettings;
}

template <>
std::span<const Setting<TenantEntry>> SettingsOf() {
  return kTenantSettings;
}

TenantEntry NewTenant(std::string name, Place place) {
  TenantEntry entry{.place = place};
  entry.tenant.options.name = std::move(name);
  PolicyOf(entry).host_models = HostModels::kGranted;
  PolicyOf(entry).guest_load = GuestLoad::kForbidden;
  return entry;
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

}  // namespace namesake::config
