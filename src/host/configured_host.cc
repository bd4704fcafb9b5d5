#include "namesake/configured_host.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <compare>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/text.h"
#include "graph/model_files.h"
#include "host/backend_set.h"
#include "host/cache_place.h"
#include "host/config_check.h"
#include "host/file_marks.h"
#include "host/guest_ground.h"
#include "host/model_check.h"
#include "host/model_id.h"
#include "view/tenant_state.h"

namespace namesake {
namespace {

using Id = host::ModelId;

// A registered model, with its files as they were just before the registration.
struct Known {
  ConfiguredModel model;
  std::vector<host::FileMark> marks;
};

using Models = std::map<Id, Known>;

// Directories that guests can write to, and what must stay out of their reach besides models.
struct Ground {
  std::vector<std::filesystem::path> writable;
  std::vector<Place> kept;
};

void AddModels(const std::string& owner, const std::vector<ConfiguredModel>& models,
               std::vector<std::pair<Id, const ConfiguredModel*>>& all) {
  for (const ConfiguredModel& model : models) all.emplace_back(Id{owner, model.name}, &model);
}

// Returns all models in the order of the configuration.
std::vector<std::pair<Id, const ConfiguredModel*>> AllModels(const Config& config) {
  std::vector<std::pair<Id, const ConfiguredModel*>> all;
  AddModels("", config.models, all);
  for (const ConfiguredTenant& tenant : config.tenants) {
    AddModels(tenant.options.name, tenant.models, all);
  }
  return all;
}

const std::vector<std::filesystem::path>& PathsOf(const Model& model) {
  static const std::vector<std::filesystem::path> kNone;
  const auto* files = std::get_if<ModelFiles>(&model.source);
  return files == nullptr ? kNone : files->paths;
}

bool SameDefinition(const ConfiguredModel& one, const ConfiguredModel& other) {
  return one.load == other.load && one.model.encoding == other.model.encoding &&
         one.model.target == other.model.target && one.model.options == other.model.options &&
         one.model.isolation == other.model.isolation && one.model.backend == other.model.backend &&
         one.model.warm_up == other.model.warm_up && PathsOf(one.model) == PathsOf(other.model);
}

std::unexpected<Error> Refuse(const ConfigProblem& problem, ErrorCode code) {
  return base::Fail(code, "{}", ConfigProblemText(problem));
}

std::string TensorsText(const std::vector<TensorInfo>& tensors) {
  constexpr std::size_t kMostShown = 8;
  if (tensors.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < std::min(tensors.size(), kMostShown); ++i) {
    const TensorInfo& tensor = tensors[i];
    text += fmt::format("{}{} {} {}", i == 0 ? "" : ", ",
                        tensor.name.empty() ? fmt::to_string(i) : base::Printable(tensor.name),
                        ElementTypeName(tensor.type), ShapeText(tensor));
  }
  return tensors.size() > kMostShown ? text + ", …" : text;
}

// Describes changed inputs and outputs; empty if there are none.
std::string ChangesText(const Graph& before, const Graph& after) {
  std::string changes;
  const auto compare = [&](std::string_view side, const auto& old, const auto& now) {
    if (old == now) return;
    changes += fmt::format("{}its {} changed from {} to {}", changes.empty() ? "" : "; ", side,
                           TensorsText(old), TensorsText(now));
  };
  compare("inputs", before.inputs(), after.inputs());
  compare("outputs", before.outputs(), after.outputs());
  return changes;
}

// Reports numbers, for whoever configures the host. The host's account leaves them out, because
// guests may read its errors.
Result<void> CheckModelCount(const HostLimits& limits, std::uint64_t in_use) {
  if (!limits.max_models || in_use < *limits.max_models) return {};
  const bool fits = *limits.max_models > 0;
  return base::Fail(fits ? ErrorCode::kResourceExhausted : ErrorCode::kTooLarge,
                    "the limit max_models = {} of the host is used up ({} in use, 1 requested)",
                    *limits.max_models, in_use);
}

const ConfiguredTenant* FindIn(const Config& config, std::string_view tenant) {
  const auto found = std::ranges::find(
      config.tenants, tenant,
      [](const ConfiguredTenant& candidate) -> std::string_view { return candidate.options.name; });
  return found == config.tenants.end() ? nullptr : &*found;
}

void CompareHosts(const Config& start, const Config& now, std::vector<std::string>& differences) {
  const auto compare = [&](const auto& one, const auto& other, const char* what) {
    if (one != other) differences.push_back(fmt::format("the change to the host's {}", what));
  };
  compare(start.cache_dir, now.cache_dir, "cache_dir");
  compare(start.snapshot_dir, now.snapshot_dir, "snapshot_dir");
  compare(start.backends, now.backends, "backends");
  compare(start.encoding_backends, now.encoding_backends, "encoding_backends");
  compare(start.failed_load_ttl, now.failed_load_ttl, "failed_load_ttl");
  compare(start.isolation, now.isolation, "isolation");
  compare(start.sandbox, now.sandbox, "sandbox");
  compare(start.sandbox_devices, now.sandbox_devices, "sandbox_devices");
  compare(start.spare_workers, now.spare_workers, "spare_workers");
  compare(start.quarantine, now.quarantine, "quarantine");
  compare(start.threads, now.threads, "threads");
  compare(start.worker_idle_time, now.worker_idle_time, "worker_idle_time");
  compare(start.worker_cgroup, now.worker_cgroup, "worker_cgroup");
  compare(start.backend_dir, now.backend_dir, "backend_dir");
  compare(start.limits, now.limits, "limits");
}

void CompareTenants(const TenantOptions& start, const TenantOptions& now,
                    std::vector<std::string>& differences) {
  const std::string name = base::Printable(start.name);
  if (start.policy != now.policy) {
    differences.push_back(fmt::format("the change to what tenant \"{}\" may use", name));
  }
  if (start.isolation != now.isolation) {
    differences.push_back(fmt::format("the change to the isolation of tenant \"{}\"", name));
  }
  if (start.limits != now.limits || start.instance_limits != now.instance_limits) {
    differences.push_back(fmt::format("the change to the limits of tenant \"{}\"", name));
  }
}

// Lists the differences between two configurations, except in their models.
std::vector<std::string> Differences(const Config& start, const Config& now) {
  std::vector<std::string> differences;
  CompareHosts(start, now, differences);
  for (const ConfiguredTenant& tenant : start.tenants) {
    const ConfiguredTenant* other = FindIn(now, tenant.options.name);
    if (other != nullptr) {
      CompareTenants(tenant.options, other->options, differences);
    } else {
      differences.push_back(
          fmt::format("the removal of tenant \"{}\"", base::Printable(tenant.options.name)));
    }
  }
  for (const ConfiguredTenant& tenant : now.tenants) {
    if (FindIn(start, tenant.options.name) != nullptr) continue;
    differences.push_back(
        fmt::format("the new tenant \"{}\"", base::Printable(tenant.options.name)));
  }
  return differences;
}

}  // namespace

struct ConfiguredHost::State {
  // Constant after construction.
  Config start;
  std::unique_ptr<Host> host;
  std::vector<std::shared_ptr<const Tenant>> tenants;  // In the order of the configuration.

  // Held during a reload, so that there is only one at a time.
  std::mutex reloading;
  mutable std::mutex mutex;
  // Guarded by mutex:
  Models models;
  std::vector<std::weak_ptr<const Ground>> grounds;
  // Files of models that a reload removed or replaced, with a description. Whoever has them open
  // may still read them.
  std::map<std::filesystem::path, std::string> retired;
  const Config* next = nullptr;  // The configuration of the current reload.
  std::uint64_t reloads = 0;     // The number of reloads started.

  // Null if there is no tenant of that name.
  std::shared_ptr<const Tenant> FindTenant(std::string_view name) const {
    const auto found =
        std::ranges::find(tenants, name, [](const auto& tenant) { return tenant->name(); });
    return found == tenants.end() ? nullptr : *found;
  }

  // The owner of the model, which must exist.
  Owner OwnerOf(const Id& id) const {
    return id.owner.empty() ? Owner::Host() : Owner(*FindTenant(id.owner));
  }

  static Id IdOf(const VisibleModel& visible, const Tenant& tenant) {
    const ModelKey& key = visible.model.key;
    return {key.scope == Scope::Host() ? "" : tenant.name(), key.name.text()};
  }

  ConfigPlace PlaceOf(const ConfiguredModel& model, const Error& error) const {
    return host::PlaceOfError(model, error, host->Backends(), start.encoding_backends);
  }

  ConfigProblem ToProblem(const Id& id, const ConfiguredModel& model, const Error& error) const {
    return host::ToProblem(id, {PlaceOf(model, error), error.detail()});
  }

  std::optional<Known> Find(const Id& id) const {
    const std::lock_guard lock(mutex);
    const auto found = models.find(id);
    if (found == models.end()) return std::nullopt;
    return found->second;
  }

  // The places of removed or replaced models.
  std::vector<Place> Retired() const {
    const std::lock_guard lock(mutex);
    std::vector<Place> places;
    for (const auto& [path, what] : retired) places.push_back({.path = path, .what = what});
    return places;
  }

  // Needs mutex.
  void Retire(const Id& id) {
    const auto found = models.find(id);
    if (found == models.end()) return;
    for (std::filesystem::path& file : graph::FilesOf(found->second.model.model)) {
      retired.insert_or_assign(std::move(file), fmt::format("the former {}", host::IdText(id)));
    }
  }

  void Remember(const Id& id, Known known) {
    const std::lock_guard lock(mutex);
    Retire(id);
    models.insert_or_assign(id, std::move(known));
  }

  void Forget(const Id& id) {
    const std::lock_guard lock(mutex);
    Retire(id);
    models.erase(id);
  }

  Result<void> Register(const Id& id, const ConfiguredModel& model) {
    // Marked first, so that changes during the load are noticed later.
    Known known{.model = model, .marks = host::MarkFiles(model.model)};
    auto registered = host->Register(model.name, model.model, model.load, OwnerOf(id));
    if (registered) Remember(id, std::move(known));
    return registered;
  }

  // Returns the current configuration, including the models of a reload in progress, and the number
  // of reloads started so far.
  std::pair<Config, std::uint64_t> Current() const;
  // Makes reloads respect the ground while it lives. If another reload has started, does nothing
  // and returns false.
  bool Keep(const std::shared_ptr<const Ground>& ground, std::uint64_t reloads_before);
  // Reports what the reload would expose to guests with writable directories.
  std::vector<ConfigProblem> ProblemsOfGuests(const Config& config);

  // Counts the models from the last file that would be lost because the new one lists no models at
  // all; 0 if it has some, or says that there are none.
  std::size_t CountLost(const Config& config) const;
  // The users for whom a model that a reload adds is loaded at once, if it is eager.
  std::vector<Owner> UsersOfNew(const Id& id) const;
  Result<void> LoadNew(const Id& id);
  // Empty if no user has the model in memory.
  std::optional<Lease> FindLoaded(const Id& id) const;
  std::optional<Lease> FindLoaded(const Id& id, const Owner& user) const;
  void RemoveGone(const Config& config, const std::stop_token& stop, ReloadReport& report);
  void Replace(const Id& id, const ConfiguredModel& model, ReloadReport& report);
  void Add(const Id& id, const ConfiguredModel& model, ReloadReport& report);
};

namespace {

// Marks a reload as in progress: guests that start meanwhile can't write to its models' files.
template <typename State>
class Reloading {
 public:
  Reloading(State& state, const Config& config) : state_(state) { Set(&config); }
  ~Reloading() { Set(nullptr); }
  Reloading(const Reloading&) = delete;
  Reloading& operator=(const Reloading&) = delete;

 private:
  void Set(const Config* next) {
    const std::lock_guard lock(state_.mutex);
    state_.next = next;
    if (next != nullptr) ++state_.reloads;
  }

  State& state_;
};

}  // namespace

// Keeps the models of a tenant removed from the file, because the tenant itself stays, too.
void ConfiguredHost::State::RemoveGone(const Config& config, const std::stop_token& stop,
                                       ReloadReport& report) {
  std::map<Id, const ConfiguredModel*> wanted;
  for (const auto& [id, model] : AllModels(config)) wanted.emplace(id, model);
  std::vector<Id> gone;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, known] : models) {
      const bool owned = id.owner.empty() || FindIn(config, id.owner) != nullptr;
      if (owned && !wanted.contains(id)) gone.push_back(id);
    }
  }
  for (const Id& id : gone) {
    if (stop.stop_requested()) return;
    // It may have been unregistered directly at the host.
    std::ignore = host->Unregister(id.name, OwnerOf(id));
    Forget(id);
    report.removed.push_back(host::IdText(id));
  }
}

std::pair<Config, std::uint64_t> ConfiguredHost::State::Current() const {
  Config config = start;
  config.models.clear();
  for (ConfiguredTenant& tenant : config.tenants) tenant.models.clear();
  const auto add = [&](const Id& id, const ConfiguredModel& model) {
    if (id.owner.empty()) return config.models.push_back(model);
    const auto owner =
        std::ranges::find(config.tenants, id.owner,
                          [](const ConfiguredTenant& tenant) { return tenant.options.name; });
    if (owner != config.tenants.end()) owner->models.push_back(model);
  };
  const std::lock_guard lock(mutex);
  for (const auto& [id, known] : models) add(id, known.model);
  if (next != nullptr) {
    for (const auto& [id, model] : AllModels(*next)) add(id, *model);
  }
  return {std::move(config), reloads};
}

bool ConfiguredHost::State::Keep(const std::shared_ptr<const Ground>& ground,
                                 std::uint64_t reloads_before) {
  const std::lock_guard lock(mutex);
  if (reloads != reloads_before) return false;
  std::erase_if(grounds, [](const auto& known) { return known.expired(); });
  grounds.push_back(ground);
  return true;
}

std::vector<ConfigProblem> ConfiguredHost::State::ProblemsOfGuests(const Config& config) {
  std::vector<std::shared_ptr<const Ground>> used;
  {
    const std::lock_guard lock(mutex);
    for (const auto& ground : grounds) {
      if (auto alive = ground.lock()) used.push_back(std::move(alive));
    }
  }
  std::vector<ConfigProblem> problems;
  for (const auto& ground : used) {
    // Nobody can create anything in a removed directory.
    std::vector<std::filesystem::path> writable = ground->writable;
    std::erase_if(writable, [](const std::filesystem::path& directory) {
      std::error_code error;
      return !std::filesystem::exists(directory, error) && !error;
    });
    for (ConfigProblem& problem : CheckReload(config, ground->kept, writable)) {
      // Several guests may have the same directory.
      if (std::ranges::find(problems, problem.message, &ConfigProblem::message) == problems.end()) {
        problems.push_back(std::move(problem));
      }
    }
  }
  return problems;
}

std::size_t ConfiguredHost::State::CountLost(const Config& config) const {
  const auto is_of_file = [](const ConfiguredModel& model) { return model.place.line > 0; };
  for (const auto& [id, model] : AllModels(config)) {
    if (is_of_file(*model)) return 0;
  }
  if (config.lists_models) return 0;
  const std::lock_guard lock(mutex);
  return static_cast<std::size_t>(std::ranges::count_if(
      models, [&](const auto& known) { return is_of_file(known.second.model); }));
}

// A tenant is the only user of its own models. One of the host's is loaded once for all if its
// isolation says so, and for each tenant that has begun to work.
std::vector<Owner> ConfiguredHost::State::UsersOfNew(const Id& id) const {
  const Owner owner = OwnerOf(id);
  if (!owner.is_host()) return {owner};
  const auto status = host->Status(id.name, owner, owner);
  if (!status) return {};
  std::vector<Owner> users;
  if (ServesAll(status->isolation)) users.push_back(owner);
  for (const auto& tenant : tenants) {
    const view::TenantState& state = tenant->state();
    if (state.has_begun() && state.Sees(status->key.name)) users.emplace_back(*tenant);
  }
  return users;
}

// As for a replacement, a load for all must succeed, and one among the tenants' workers.
Result<void> ConfiguredHost::State::LoadNew(const Id& id) {
  const Owner owner = OwnerOf(id);
  const std::vector<Owner> users = UsersOfNew(id);
  for (const Owner& user : users) std::ignore = host->Prefetch(id.name, owner, user);
  std::optional<Error> failure;
  bool is_loaded = false;
  for (const Owner& user : users) {
    auto lease = host->Acquire(id.name, Deadline::Never(), owner, user);
    is_loaded = is_loaded || lease;
    if (lease) continue;
    const auto status = host->Status(id.name, owner, user);
    if (!status || ServesAll(status->isolation)) return base::Fail(std::move(lease));
    if (!failure) failure = std::move(lease).error();
  }
  if (failure && !is_loaded) return std::unexpected(*std::move(failure));
  return {};
}

std::optional<Lease> ConfiguredHost::State::FindLoaded(const Id& id) const {
  const Owner owner = OwnerOf(id);
  auto lease = FindLoaded(id, owner);
  if (!owner.is_host()) return lease;
  for (const auto& tenant : tenants) {
    if (lease) break;
    lease = FindLoaded(id, *tenant);
  }
  return lease;
}

std::optional<Lease> ConfiguredHost::State::FindLoaded(const Id& id, const Owner& user) const {
  const Owner owner = OwnerOf(id);
  const auto status = host->Status(id.name, owner, user);
  if (!status || status->state != ModelState::kReady) return std::nullopt;
  auto lease = host->Acquire(id.name, Deadline::At(Deadline::Clock::now()), owner, user);
  if (!lease) return std::nullopt;
  return *std::move(lease);
}

void ConfiguredHost::State::Replace(const Id& id, const ConfiguredModel& model,
                                    ReloadReport& report) {
  Known known{.model = model, .marks = host::MarkFiles(model.model)};
  const auto before = FindLoaded(id);
  auto replaced =
      host->Replace(model.name, model.model, model.load, OwnerOf(id), Deadline::Never());
  if (!replaced) {
    report.failed.push_back(
        {PlaceOf(model, replaced.error()),
         fmt::format("kept the old {}: {}", host::IdText(id), replaced.error().detail())});
    return;
  }
  Remember(id, std::move(known));
  report.replaced.push_back(host::IdText(id));
  const auto after = FindLoaded(id);
  if (!before || !after) return;
  const std::string changes = ChangesText(before->graph(), after->graph());
  if (!changes.empty()) report.changed.push_back(fmt::format("{}: {}", host::IdText(id), changes));
}

void ConfiguredHost::State::Add(const Id& id, const ConfiguredModel& model, ReloadReport& report) {
  const auto failed = [&](const Error& error) {
    report.failed.push_back({PlaceOf(model, error), fmt::format("did not add the {}: {}",
                                                                host::IdText(id), error.detail())});
  };
  const Owner owner = OwnerOf(id);
  if (auto registered = Register(id, model); !registered) return failed(registered.error());
  if (model.load == LoadMode::kEager) {
    if (auto loaded = LoadNew(id); !loaded) {
      std::ignore = host->Unregister(model.name, owner);
      Forget(id);
      return failed(loaded.error());
    }
  }
  report.added.push_back(host::IdText(id));
}

ConfiguredHost::ConfiguredHost(std::unique_ptr<State> state) : state_(std::move(state)) {}
ConfiguredHost::~ConfiguredHost() = default;

std::vector<std::unique_ptr<Backend>> StartBackends(const Config& config) {
  auto backends = host::SelectBackends(config, host::BackendsOf(config));
  // Then the host will refuse the configuration.
  if (!backends) return {};
  std::vector<const Backend*> all;
  for (const auto& backend : *backends) all.push_back(backend.get());
  for (const auto& [id, model] : AllModels(config)) {
    if (model->load != LoadMode::kEager) continue;
    if (const auto found = host::FindBackend(model->model, all, config.encoding_backends)) {
      (*backends)[*found]->StartAhead();
    }
  }
  return *std::move(backends);
}

Result<std::unique_ptr<ConfiguredHost>> ConfiguredHost::Create(
    Config config, std::vector<std::unique_ptr<Backend>> backends,
    std::shared_ptr<WorkerObserver> observer) {
  if (backends.empty()) backends = host::BackendsOf(config);
  auto selected = host::SelectBackends(config, std::move(backends));
  if (!selected) return base::Fail(std::move(selected));
  // How the workers start is known to the backends alone.
  HostOptions options{.backends = *std::move(selected),
                      .snapshot_dir = config.snapshot_dir,
                      .temporary_dir = config.temporary_dir,
                      .limits = config.limits,
                      .isolation = config.isolation,
                      .threads = config.threads,
                      .worker_observer = std::move(observer),
                      .encoding_backends = config.encoding_backends,
                      .failed_load_ttl = config.failed_load_ttl};
  std::vector<const Backend*> known;
  for (const auto& backend : options.backends) known.push_back(backend.get());
  if (const auto wrong = host::FindWrongChoices(config.encoding_backends, known); !wrong.empty()) {
    const auto& [encoding, error] = wrong.front();
    return Refuse({host::EncodingBackendPlace(config, encoding), error.detail()}, error.code());
  }
  if (const auto problems = host::CheckDirectories(config); !problems.empty()) {
    return Refuse(problems.front(), ErrorCode::kRuntimeError);
  }
  if (config.cache_dir) options.cache_dir = *config.cache_dir / host::kModelsFolder;
  // A configured tenant with the default tenant's name replaces it.
  const std::string default_name = options.default_tenant.name;
  if (const auto* given = FindIn(config, default_name)) options.default_tenant = given->options;
  auto host = Host::Create(std::move(options));
  if (!host) return base::Fail(std::move(host));
  auto state = std::make_unique<State>();
  state->host = *std::move(host);
  for (const ConfiguredTenant& tenant : config.tenants) {
    if (tenant.options.name == default_name) {
      state->tenants.push_back(state->host->default_tenant().shared_from_this());
      continue;
    }
    auto added = state->host->AddTenant(tenant.options);
    if (!added) return base::Fail(std::move(added));
    state->tenants.push_back(*std::move(added));
  }
  std::uint64_t count = 0;
  for (const auto& [id, model] : AllModels(config)) {
    auto registered = CheckModelCount(config.limits, count++);
    if (registered) registered = state->Register(id, *model);
    if (!registered) {
      const Error& error = registered.error();
      return Refuse(state->ToProblem(id, *model, error), error.code());
    }
  }
  state->start = std::move(config);
  return std::unique_ptr<ConfiguredHost>(new ConfiguredHost(std::move(state)));
}

Host& ConfiguredHost::host() const { return *state_->host; }

std::vector<std::string> ConfiguredHost::TenantNames() const {
  std::vector<std::string> names;
  for (const auto& tenant : state_->tenants) names.push_back(tenant->name());
  return names;
}

Result<std::shared_ptr<const Tenant>> ConfiguredHost::FindTenant(
    std::optional<std::string_view> name) const {
  const auto found = namesake::FindTenant(state_->start, name);
  if (!found) return base::Fail(found);
  return state_->FindTenant((*found)->options.name);
}

std::optional<ConfiguredModel> ConfiguredHost::FindModel(const VisibleModel& visible,
                                                         const Tenant& tenant) const {
  auto known = state_->Find(state_->IdOf(visible, tenant));
  if (!known) return std::nullopt;
  return std::move(known)->model;
}

void ConfiguredHost::Prefetch(const Tenant& tenant) {
  for (const VisibleModel& visible : host().VisibleModels(tenant)) {
    if (visible.model.load != LoadMode::kEager) continue;
    const Id id = state_->IdOf(visible, tenant);
    // Can't fail: the registry has listed the name.
    std::ignore = host().Prefetch(id.name, OwnerOf(visible, tenant), tenant);
  }
}

std::vector<ConfigProblem> ConfiguredHost::AwaitEager(const Tenant& tenant, Deadline deadline) {
  std::vector<ConfigProblem> problems;
  std::map<Id, bool> seen;  // A model may be visible under several names.
  for (const VisibleModel& visible : host().VisibleModels(tenant)) {
    const Id id = state_->IdOf(visible, tenant);
    if (visible.model.load != LoadMode::kEager || !seen.emplace(id, true).second) continue;
    const auto lease = host().Acquire(id.name, deadline, OwnerOf(visible, tenant), tenant);
    if (lease) continue;
    const auto known = state_->Find(id);
    problems.push_back(
        state_->ToProblem(id, known ? known->model : ConfiguredModel{}, lease.error()));
  }
  return problems;
}

std::string ConfiguredHost::ReloadRefusal(const Config& config) const {
  const std::size_t lost = state_->CountLost(config);
  if (lost == 0) return "";
  return fmt::format(
      "it lists no models but listed {} before; to remove them all, write models = [] in it", lost);
}

Result<DirectoryUse> ConfiguredHost::UseDirectories(std::vector<GuestDirectory> directories,
                                                    std::vector<Place> others) {
  DirectoryUse use;
  use.directories_ = std::move(directories);
  std::vector<GuestDirectory*> asked;
  std::vector<std::filesystem::path> paths;
  for (GuestDirectory& directory : use.directories_) {
    if (directory.access != GuestAccess::kReadWrite) continue;
    asked.push_back(&directory);
    paths.push_back(directory.host);
  }
  if (asked.empty()) return use;
  const std::size_t given = others.size();
  // Repeat if a reload has started meanwhile, to include its models.
  for (;;) {
    const auto [config, reloads] = state_->Current();
    others.resize(given);
    std::ranges::move(state_->Retired(), std::back_inserter(others));
    auto guard = host::GuardGuests(config, others, paths);
    if (!guard) return base::Fail(std::move(guard));
    auto ground = std::make_shared<Ground>();
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (guard->access[i] == GuestAccess::kReadWrite) ground->writable.push_back(paths[i]);
    }
    ground->kept = std::move(guard->kept);
    if (!state_->Keep(ground, reloads)) continue;
    for (std::size_t i = 0; i < asked.size(); ++i) asked[i]->access = guard->access[i];
    use.warnings_ = std::move(guard->warnings);
    use.kept_ = std::move(ground);
    return use;
  }
}

ReloadReport ConfiguredHost::Reload(const Config& config, const std::stop_token& stop) {
  const std::lock_guard lock(state_->reloading);
  if (std::string refusal = ReloadRefusal(config); !refusal.empty()) {
    return {.refused = std::move(refusal)};
  }
  const Reloading reloading(*state_, config);
  if (auto problems = state_->ProblemsOfGuests(config); !problems.empty()) {
    return {.problems = std::move(problems)};
  }
  ReloadReport report{.not_applied = Differences(state_->start, config)};
  // Remove models first, to make room for new ones.
  state_->RemoveGone(config, stop, report);
  for (const auto& [id, model] : AllModels(config)) {
    if (stop.stop_requested()) break;
    if (!id.owner.empty() && state_->FindTenant(id.owner) == nullptr) continue;
    const auto known = state_->Find(id);
    if (!known) {
      state_->Add(id, *model, report);
    } else if (!SameDefinition(known->model, *model) ||
               known->marks != host::MarkFiles(model->model)) {
      state_->Replace(id, *model, report);
    }
  }
  return report;
}

}  // namespace namesake
