#include "host/config_check.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/text.h"
#include "guest_models/snapshot_store.h"
#include "host/backend_set.h"
#include "host/cache_place.h"
#include "host/model_check.h"
#include "host/model_id.h"
#include "namesake/account.h"
#include "namesake/compiled_cache.h"
#include "namesake/configured_host.h"
#include "namesake/worker.h"
#include "view/tenant_state.h"

namespace namesake {
namespace {

// A model, and the size counted against limits.
struct Measured {
  const ConfiguredModel* model;
  std::uint64_t bytes;
};

class Checker {
 public:
  Checker(const Config& config, const std::vector<std::unique_ptr<Backend>>& backends)
      : config_(config) {
    for (const auto& backend : backends) backends_.push_back(backend.get());
  }

  std::vector<ConfigProblem> Check() {
    SelectBackends();
    CheckEncodingBackends();
    std::ranges::move(host::CheckDirectories(config_), std::back_inserter(problems_));
    CheckModels("", config_.models, *NewHostAccount());
    for (const ConfiguredTenant& tenant : config_.tenants) {
      CheckModels(tenant.options.name, tenant.models,
                  *view::NewTenantAccount(tenant.options, NewHostAccount()));
    }
    for (const ConfiguredTenant& tenant : config_.tenants) CheckEager(tenant);
    SortProblems(config_.file, problems_);
    return std::move(problems_);
  }

 private:
  // Continues with all backends if the list is wrong, to find further problems.
  void SelectBackends() {
    std::vector<const Backend*> selected;
    const std::vector<std::string_view> names = Names();
    for (std::size_t i = 0; i < config_.backends.size(); ++i) {
      const auto found = std::ranges::find(names, config_.backends[i]);
      if (found != names.end()) {
        selected.push_back(backends_[static_cast<std::size_t>(found - names.begin())]);
        continue;
      }
      unknown_.insert(config_.backends[i]);
      problems_.push_back({host::HostPlace(config_, fmt::format("backends[{}]", i)),
                           host::NoBackend(config_.backends[i], names).error().detail()});
    }
    if (!selected.empty() && problems_.empty()) backends_ = std::move(selected);
  }

  void CheckEncodingBackends() {
    for (const auto& [encoding, error] :
         host::FindWrongChoices(config_.encoding_backends, backends_)) {
      problems_.push_back({host::EncodingBackendPlace(config_, encoding), error.detail()});
    }
  }

  std::vector<std::string_view> Names() const {
    std::vector<std::string_view> names;
    for (const Backend* backend : backends_) names.push_back(backend->name());
    return names;
  }

  std::shared_ptr<Account> NewHostAccount() const {
    return Account::Make("the host", limits::ToAccountLimits(config_.limits));
  }

  void Add(const host::ModelId& id, ConfigProblem problem) {
    problems_.push_back(host::ToProblem(id, std::move(problem)));
  }

  void CheckModels(const std::string& owner, const std::vector<ConfiguredModel>& models,
                   Account& account) {
    for (const ConfiguredModel& model : models) {
      const host::ModelId id{owner, model.name};
      host::ModelCheck check =
          host::CheckModel(model, backends_, config_.encoding_backends, targets_);
      if (unknown_.contains(model.model.backend)) RemoveToldOfHost(model, check.problems);
      for (ConfigProblem& problem : check.problems) Add(id, std::move(problem));
      if (check.bytes) CheckSize(id, {&model, *check.bytes}, account);
    }
  }

  // Removes the problem of an unknown backend that the host's list has already reported.
  void RemoveToldOfHost(const ConfiguredModel& model, std::vector<ConfigProblem>& problems) const {
    const std::string told = host::NoBackend(model.model.backend, Names()).error().detail();
    std::erase_if(problems, [&](const ConfigProblem& problem) { return problem.message == told; });
  }

  // Checks that the model alone fits the limits.
  void CheckSize(const host::ModelId& id, const Measured& measured, Account& account) {
    auto fits = account.CheckModelBytes(measured.bytes);
    if (fits) {
      const auto reserved = account.Reserve(Resource::kModelBytes, measured.bytes);
      if (!reserved) fits = base::Fail(reserved);
    }
    if (fits) {
      measured_.emplace(id, measured);
    } else {
      Add(id, {measured.model->PlaceOf({"paths[0]"}), fits.error().detail()});
    }
  }

  // Checks that all eager models of a tenant fit together, because they stay in memory.
  void CheckEager(const ConfiguredTenant& tenant) {
    const auto host = NewHostAccount();
    const auto own = view::NewTenantAccount(tenant.options, host);
    std::vector<Reservation> taken;
    const Policy& policy = tenant.options.policy;
    std::set<std::string_view> granted;
    for (const Grant& grant : policy.grants) granted.insert(grant.model);
    for (const ConfiguredModel& model : config_.models) {
      const bool is_visible =
          policy.host_models == HostModels::kAll || granted.contains(model.name);
      if (is_visible) Take({"", model.name}, *host, taken);
    }
    for (const ConfiguredModel& model : tenant.models) {
      Take({tenant.options.name, model.name}, *own, taken);
    }
  }

  void Take(const host::ModelId& id, Account& account, std::vector<Reservation>& taken) {
    const auto found = measured_.find(id);
    if (found == measured_.end()) return;
    const Measured& measured = found->second;
    if (measured.model->load != LoadMode::kEager) return;
    auto reserved = account.Reserve(Resource::kModelBytes, measured.bytes);
    if (reserved) {
      taken.push_back(*std::move(reserved));
    } else if (crowded_out_.insert(id).second) {  // Report once: other tenants may see it, too.
      Add(id, {measured.model->PlaceOf({"paths[0]"}), reserved.error().detail()});
    }
  }

  const Config& config_;
  std::vector<const Backend*> backends_{};
  // Backends that the configuration lists but the host lacks.
  std::set<std::string_view> unknown_{};
  host::TargetChecks targets_{};
  // Models that fit on their own.
  std::map<host::ModelId, Measured> measured_{};
  std::set<host::ModelId> crowded_out_{};
  std::vector<ConfigProblem> problems_{};
};

}  // namespace

ConfigPlace host::HostPlace(const Config& config, std::string_view key) {
  const auto found = config.places.find(key);
  if (found != config.places.end()) return found->second;
  return {.source = fmt::format("{} of [host]", key)};
}

ConfigPlace host::EncodingBackendPlace(const Config& config, Encoding encoding) {
  return HostPlace(config, fmt::format("encoding_backends.{}", EncodingName(encoding)));
}

std::vector<ConfigProblem> host::CheckDirectories(const Config& config) {
  std::vector<ConfigProblem> problems;
  const auto add = [&](std::string_view key, const Result<void>& checked) {
    if (!checked) problems.push_back({host::HostPlace(config, key), checked.error().detail()});
  };
  if (config.cache_dir) {
    add("cache_dir", CompiledCache::Check(*config.cache_dir / host::kModelsFolder));
  }
  if (config.snapshot_dir) {
    add("snapshot_dir", guest_models::SnapshotStore::Check(*config.snapshot_dir));
  }
  return problems;
}

std::vector<std::unique_ptr<Backend>> host::BackendsOf(const Config& config) {
  return InstalledBackends(
      config.backend_dir.value_or(std::filesystem::path()),
      {.sandbox = config.sandbox,
       .devices = config.sandbox_devices,
       .spare = config.spare_workers,
       .quarantine = config.quarantine,
       .threads = config.threads,
       .idle_time = config.worker_idle_time,
       .control_group = config.worker_cgroup.value_or(std::filesystem::path())});
}

Result<std::vector<std::unique_ptr<Backend>>> host::SelectBackends(
    const Config& config, std::vector<std::unique_ptr<Backend>> backends) {
  if (config.backends.empty()) return backends;
  std::vector<std::string> names;
  for (const auto& backend : backends) names.emplace_back(backend->name());
  const std::vector<std::string_view> known(names.begin(), names.end());
  std::vector<std::unique_ptr<Backend>> selected;
  for (std::size_t i = 0; i < config.backends.size(); ++i) {
    const std::string& name = config.backends[i];
    if (std::ranges::find(known, name) == known.end()) {
      const ConfigProblem problem = {HostPlace(config, fmt::format("backends[{}]", i)),
                                     NoBackend(name, known).error().detail()};
      return base::Fail(ErrorCode::kInvalidArgument, "{}", ConfigProblemText(problem));
    }
    const std::size_t before = selected.size();
    // It may be there twice, in this process and in workers.
    for (std::size_t j = 0; j < backends.size(); ++j) {
      if (known[j] == name && backends[j] != nullptr) selected.push_back(std::move(backends[j]));
    }
    if (selected.size() > before) continue;
    return base::Fail(ErrorCode::kInvalidArgument, "backends of [host]: \"{}\" is listed twice",
                      base::Printable(name));
  }
  return selected;
}

std::vector<ConfigProblem> CheckConfig(const Config& config,
                                       std::vector<std::unique_ptr<Backend>> backends) {
  if (backends.empty()) backends = host::BackendsOf(config);
  return Checker(config, backends).Check();
}

}  // namespace namesake
