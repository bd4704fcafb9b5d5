#include "config/checks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/nearest.h"
#include "base/text.h"

namespace namesake::config {
namespace {

// Overrides have no line numbers.
std::string WhereText(const Place& place) {
  return place.line > 0 ? fmt::format("on line {}", place.line) : "in the same override";
}

void CheckModelNames(const std::vector<ModelEntry>& models, Problems& problems) {
  std::map<std::string_view, Place> places;
  for (const ModelEntry& model : models) {
    if (model.model.name.empty()) continue;
    const auto [first, is_first] = places.emplace(model.model.name, model.name.place);
    if (is_first) continue;
    problems.Add(model.name.place, "the name \"{}\" is already used {}",
                 base::Printable(model.model.name), WhereText(first->second));
  }
}

void CheckBackends(const std::vector<ModelEntry>& models, const std::vector<PlacedText>& backends,
                   Problems& problems) {
  if (backends.empty()) return;
  std::vector<std::string_view> known;
  for (const PlacedText& backend : backends) known.push_back(backend.text);
  for (const ModelEntry& model : models) {
    const PlacedText& backend = model.backend;
    if (backend.text.empty() || std::ranges::find(known, backend.text) != known.end()) continue;
    problems.Add(backend.place, "[host] has no backend \"{}\"{}", base::Printable(backend.text),
                 base::Suggestion(backend.text, known));
  }
}

// The distinct names of the host's models.
struct HostNames {
  std::vector<std::string_view> names{};
  // Whether every model has a name and no name is repeated.
  bool all_known = true;
};

HostNames NamesOf(const std::vector<ModelEntry>& models) {
  HostNames names;
  std::set<std::string_view> seen;
  for (const ModelEntry& model : models) {
    const std::string_view name = model.name.text;
    if (name.empty() || !seen.insert(name).second) {
      names.all_known = false;
    } else {
      names.names.push_back(name);
    }
  }
  return names;
}

void CheckGrants(const TenantEntry& tenant, const HostNames& models, Problems& problems) {
  std::map<std::string_view, Place> visible;
  for (const auto& [grant, place] : tenant.grants) {
    if (grant.model.empty()) continue;
    if (std::ranges::find(models.names, grant.model) == models.names.end()) {
      // If some names are wrong or missing, one of those models may be the one meant: report only a
      // near miss.
      if (models.all_known || base::Nearest(grant.model, models.names)) {
        problems.Add(place, "the host has no model \"{}\" to grant{}", base::Printable(grant.model),
                     base::Suggestion(grant.model, models.names));
      }
      continue;
    }
    const auto [first, is_first] = visible.emplace(grant.visible_name(), place);
    if (is_first) continue;
    problems.Add(place, "the name \"{}\" is already used by the grant {}",
                 base::Printable(grant.visible_name()), WhereText(first->second));
  }
}

template <typename Limits>
std::optional<Place> PlaceOf(const LimitsEntry<Limits>& entry, std::string_view key) {
  const auto found = entry.given.find(key);
  if (found == entry.given.end()) return std::nullopt;
  return found->second;
}

// Whether `above` is set by an override and `below` by the file: an override that lowers a limit
// need not lower everything below it in the file.
bool Overrides(const std::optional<Place>& above, const Place& below) {
  return above && above->source > 0 && below.source == 0;
}

// A limit of a higher level, if that level has one with the key.
struct Above {
  std::string_view whose;
  std::optional<std::uint64_t> limit;
  // Empty for a default.
  std::optional<Place> place;
};

template <typename Limits>
std::optional<Above> AboveOf(std::string_view whose, std::string_view key,
                             const LimitsEntry<Limits>& entry) {
  for (const LimitSetting<Limits>& setting : LimitSettings<Limits>()) {
    if (setting.key != key) continue;
    return Above{whose, LimitOf(setting, entry.limits), PlaceOf(entry, key)};
  }
  return std::nullopt;
}

// Checks the limits given in the file against those of the levels above, given or default. Reports
// the nearest level that allows less. A limit that the file does not give can't conflict.
template <typename Limits, typename Uppers>
void CheckBelow(const LimitsEntry<Limits>& entry, const Uppers& uppers, Problems& problems) {
  for (const LimitSetting<Limits>& setting : LimitSettings<Limits>()) {
    const auto place = PlaceOf(entry, setting.key);
    const auto limit = LimitOf(setting, entry.limits);
    if (!place || !limit) continue;
    for (const std::optional<Above>& above : uppers(setting.key)) {
      if (!above || !above->limit || *limit <= *above->limit) continue;
      if (Overrides(above->place, *place)) continue;
      problems.Add(*place, "{} is {}, but {} is {}{}", setting.key, LimitText(setting.unit, *limit),
                   above->whose, LimitText(setting.unit, *above->limit),
                   above->place ? "" : " by default");
      break;
    }
  }
}

template <typename Limits>
const LimitSetting<Limits>& SettingOf(typename LimitSetting<Limits>::Count field) {
  const auto settings = LimitSettings<Limits>();
  return *std::ranges::find_if(settings, [field](const LimitSetting<Limits>& setting) {
    const auto* count = std::get_if<0>(&setting.field);
    return count != nullptr && *count == field;
  });
}

// Checks that a limit on a single item does not exceed the limit on their total.
template <typename Limits>
void CheckTotal(const LimitsEntry<Limits>& entry, typename LimitSetting<Limits>::Count one,
                typename LimitSetting<Limits>::Count all, Problems& problems) {
  const LimitSetting<Limits>& setting = SettingOf<Limits>(one);
  const LimitSetting<Limits>& total_setting = SettingOf<Limits>(all);
  const auto place = PlaceOf(entry, setting.key);
  const auto& limit = entry.limits.*one;
  const auto& total = entry.limits.*all;
  if (!place || !limit || !total || *limit <= *total) return;
  if (Overrides(PlaceOf(entry, total_setting.key), *place)) return;
  problems.Add(*place, "{} is {}, but {} is {}", setting.key, LimitText(setting.unit, *limit),
               total_setting.key, LimitText(setting.unit, *total));
}

template <typename Limits>
void CheckTotals(const LimitsEntry<Limits>& entry, Problems& problems) {
  CheckTotal(entry, &Limits::max_model_bytes, &Limits::max_total_model_bytes, problems);
  CheckTotal(entry, &Limits::max_tensor_bytes, &Limits::max_total_tensor_bytes, problems);
}

template <typename Limits>
void CheckModelCount(const LimitsEntry<Limits>& entry, std::size_t count, std::string_view whose,
                     Problems& problems) {
  const std::string_view key = SettingOf<Limits>(&Limits::max_models).key;
  const auto place = PlaceOf(entry, key);
  const auto& limit = entry.limits.max_models;
  if (!place || !limit || count <= *limit) return;
  problems.Add(*place, "{} is {}, but {} {}", key, *limit, whose, count);
}

void CheckTenant(const TenantEntry& tenant, const FileEntry& file, const HostNames& host_models,
                 Problems& problems) {
  CheckModelNames(tenant.models, problems);
  CheckBackends(tenant.models, file.host.backends, problems);
  CheckGrants(tenant, host_models, problems);
  CheckTotals(tenant.limits, problems);
  CheckTotals(tenant.instance_limits, problems);
  CheckModelCount(tenant.limits, tenant.models.size(), "the number of the tenant's models here is",
                  problems);
  const auto host = [&](std::string_view key) {
    return AboveOf("the host's", key, file.host.limits);
  };
  const auto own = [&](std::string_view key) {
    return AboveOf("the tenant's", key, tenant.limits);
  };
  CheckBelow(tenant.limits, [&](std::string_view key) { return std::array{host(key)}; }, problems);
  CheckBelow(
      tenant.instance_limits, [&](std::string_view key) { return std::array{own(key), host(key)}; },
      problems);
}

}  // namespace

void CheckSettings(const FileEntry& file, Problems& problems) {
  CheckModelNames(file.models, problems);
  CheckBackends(file.models, file.host.backends, problems);
  CheckTotals(file.host.limits, problems);
  const HostNames host_models = NamesOf(file.models);
  std::size_t count = file.models.size();
  for (const TenantEntry& tenant : file.tenants) {
    CheckTenant(tenant, file, host_models, problems);
    count += tenant.models.size();
  }
  CheckModelCount(file.host.limits, count, "the number of models here is", problems);
}

}  // namespace namesake::config
