#include "namesake/host.h"

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "base/fail.h"
#include "base/log.h"
#include "base/process_directory.h"
#include "base/processors.h"
#include "base/temporary_dir.h"
#include "guest_models/snapshot_store.h"
#include "host/loader.h"
#include "namesake/worker.h"
#include "registry/default_registry.h"
#include "view/tenant_state.h"
#include "view/view_parts.h"
#include "worker/worker_list.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

Scope ScopeOf(const Owner& owner) {
  return owner.is_host() ? Scope::Host() : owner.tenant().state().scope();
}

struct Snapshots {
  // Both empty if the directory for temporary files can't be used; guests then can't register
  // files.
  std::shared_ptr<guest_models::SnapshotStore> store{};
  std::optional<fs::path> directory{};
};

Result<Snapshots> OpenSnapshots(const fs::path& directory) {
  auto store = guest_models::SnapshotStore::Open(directory);
  if (!store) return base::Fail(std::move(store));
  return Snapshots{.store = *std::move(store), .directory = directory};
}

// For hosts without a chosen directory for copies.
Result<Snapshots> OpenDefaultSnapshots(const std::optional<fs::path>& chosen) {
  const auto temporary = chosen ? Result<fs::path>(*chosen) : base::TemporaryDir();
  if (!temporary) return base::Fail(temporary);
  if (temporary->empty()) {
    return base::Fail(ErrorCode::kRuntimeError, "the host has no temporary directory");
  }
  return OpenSnapshots(base::UsersDirIn(*temporary));
}

// Removes temporary files for model readers that killed processes left behind. The default
// directory for copies is the same, and is cleaned when opened.
void RemoveOthersTemporaries(const std::optional<fs::path>& chosen) {
  const auto temporary = chosen ? Result<fs::path>(*chosen) : base::TemporaryDir();
  if (temporary && !temporary->empty()) base::RemoveLeftBehind(base::UsersDirIn(*temporary));
}

Result<Snapshots> OpenSnapshots(const HostOptions& options) {
  if (options.snapshot_dir) {
    RemoveOthersTemporaries(options.temporary_dir);
    // Resolves links, since the operator may choose one.
    std::error_code error;
    const fs::path directory = fs::weakly_canonical(*options.snapshot_dir, error);
    return OpenSnapshots(error ? *options.snapshot_dir : directory);
  }
  auto snapshots = OpenDefaultSnapshots(options.temporary_dir);
  if (snapshots) return snapshots;
  base::Log().warn("guests can't register models by path: {}", snapshots.error().detail());
  return Snapshots{};
}

}  // namespace

struct Host::State {
  std::shared_ptr<host::Loader> loader;
  std::shared_ptr<Registry> registry;
  Snapshots snapshots;
  view::HostShare share;
  const std::shared_ptr<view::FailureLog> failures = std::make_shared<view::FailureLog>();
  std::shared_ptr<const Tenant> default_tenant;
  std::atomic<std::uint64_t> next_instance = 1;
  std::atomic<std::uint64_t> next_tenant = 1;
  mutable std::mutex mutex;
  // Includes the default tenant. Guarded by mutex.
  std::map<std::string, std::shared_ptr<const Tenant>> tenants;

  Placement PlacementOf(const Owner& user) const {
    return user.is_host() ? Placement::Host(share.isolation) : user.tenant().placement();
  }
  const std::shared_ptr<Account>& AccountOf(const Owner& owner) const {
    return owner.is_host() ? share.account : owner.tenant().state().account();
  }

  // Checks everything that can be checked without the model's files.
  Result<std::pair<ModelKey, Registration>> Prepare(std::string_view name, Model model,
                                                    LoadMode load, const Owner& owner) const;

  std::shared_ptr<worker::WorkerList> workers;

  // Makes the tenant known to those who start workers for it.
  void AddUser(const Tenant& tenant) {
    const auto& account = tenant.state().account();
    loader->users().Add(tenant.placement(), worker::User::Make(account->owner(), account, workers));
  }
  // Memory that the tenant's workers share with the host; null if it has no workers.
  std::shared_ptr<graph::TensorMemory> TensorsOf(const Tenant& tenant) const {
    if (tenant.placement().isolation() == Isolation::kProcess) return nullptr;
    return loader->users().Find(tenant.placement())->Tensors();
  }

  std::vector<std::shared_ptr<const Tenant>> Tenants() const;
  // Starts loading the eager models of a scope that its owner uses.
  void PrefetchEager(const Owner& owner);
  // Those that serve all users, or those in the tenant's own worker.
  enum class Models : std::uint8_t { kForAll, kForTheTenant };
  void PrefetchVisible(const Tenant& tenant, Models which);
};

std::vector<std::shared_ptr<const Tenant>> Host::State::Tenants() const {
  std::vector<std::shared_ptr<const Tenant>> all;
  const std::lock_guard lock(mutex);
  for (const auto& [name, tenant] : tenants) all.push_back(tenant);
  return all;
}

// Not in a worker that the host as a user has alone, since nobody would use it.
void Host::State::PrefetchEager(const Owner& owner) {
  const Placement placement = PlacementOf(owner);
  for (const ModelStatus& model : registry->List(ScopeOf(owner), placement)) {
    const bool is_used = ServesAll(model.isolation) || !owner.is_host();
    if (model.load == LoadMode::kEager && is_used) registry->Prefetch(model.key, placement);
  }
}

// Leaves out what guests have registered: it is loaded already.
void Host::State::PrefetchVisible(const Tenant& tenant, Models which) {
  for (const VisibleModel& visible : view::VisibleModels(tenant.state(), *registry)) {
    const ModelStatus& model = visible.model;
    if (model.load != LoadMode::kEager || model.origin != Origin::kOperator) continue;
    const Models its = ServesAll(model.isolation) ? Models::kForAll : Models::kForTheTenant;
    if (its == which) registry->Prefetch(model.key, tenant.placement());
  }
}

Result<std::pair<ModelKey, Registration>> Host::State::Prepare(std::string_view name, Model model,
                                                               LoadMode load,
                                                               const Owner& owner) const {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  // Autodetect is resolved when the content is read.
  if (model.encoding != Encoding::kAutodetect) {
    if (auto served = loader->backends().For(model); !served) return base::Fail(std::move(served));
  }
  return std::pair(ModelKey{ScopeOf(owner), *std::move(parsed)},
                   Registration{.model = std::move(model),
                                .load = load,
                                .account = AccountOf(owner),
                                .placement = PlacementOf(owner)});
}

Host::Host(std::unique_ptr<State> state) : state_(std::move(state)) {}
Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::Create(HostOptions options) {
  base::Log();  // Created while there is memory: reporting a lack of it must not throw.
  if (options.backends.empty()) {
    options.backends =
        InstalledBackends(options.backend_dir.value_or(fs::path()),
                          {.sandbox = options.sandbox,
                           .devices = options.sandbox_devices,
                           .spare = options.spare_workers,
                           .quarantine = options.quarantine,
                           .threads = options.threads,
                           .idle_time = options.worker_idle_time,
                           .control_group = options.worker_cgroup.value_or(fs::path())});
  }
  auto backends =
      host::BackendSet::Make(std::move(options.backends), std::move(options.encoding_backends));
  if (!backends) return base::Fail(std::move(backends));
  std::shared_ptr<CompiledCache> cache;
  if (options.cache_dir) {
    auto opened =
        CompiledCache::Open(*options.cache_dir, {.max_bytes = options.limits.max_cache_bytes});
    if (!opened) return base::Fail(std::move(opened));
    cache = *std::move(opened);
  }
  auto snapshots = OpenSnapshots(options);
  if (!snapshots) return base::Fail(std::move(snapshots));
  auto state = std::make_unique<State>();
  state->loader = std::make_shared<host::Loader>(*std::move(backends), std::move(cache),
                                                 std::move(options.temporary_dir));
  state->snapshots = *std::move(snapshots);
  state->registry =
      options.make_registry
          ? options.make_registry(state->loader)
          : registry::NewDefaultRegistry(
                {.loader = state->loader, .failed_load_ttl = options.failed_load_ttl});
  state->share = {.limits = options.limits,
                  .isolation = options.isolation,
                  .account = Account::Make("the host", limits::ToAccountLimits(options.limits),
                                           nullptr, Account::Shortage::kTellsNothing),
                  .computes = limits::ComputeQueue::Make(
                      {.max_running = options.limits.max_inferences,
                       .max_queued = options.limits.max_queued_inferences,
                       .max_threads = options.threads.value_or(base::Processors())})};
  auto tenant = view::NewTenant(0, std::move(options.default_tenant), state->share);
  if (!tenant) return base::Fail(std::move(tenant));
  state->workers = std::make_shared<worker::WorkerList>(std::move(options.worker_observer));
  state->loader->users().Add(
      Placement::Host(),
      worker::User::Make(state->share.account->owner(), state->share.account, state->workers));
  state->AddUser(**tenant);
  state->default_tenant = *std::move(tenant);
  state->tenants.emplace(state->default_tenant->name(), state->default_tenant);
  return std::unique_ptr<Host>(new Host(std::move(state)));
}

Result<std::shared_ptr<const Tenant>> Host::AddTenant(TenantOptions options) {
  auto tenant =
      view::NewTenant(state_->next_tenant.fetch_add(1), std::move(options), state_->share);
  if (!tenant) return tenant;
  const std::lock_guard lock(state_->mutex);
  const auto [other, added] = state_->tenants.try_emplace((*tenant)->name(), *tenant);
  if (added) state_->AddUser(**tenant);
  if (added) return tenant;
  return base::Fail(ErrorCode::kInvalidArgument, "the tenant \"{}\" already exists",
                    (*tenant)->name());
}

const Tenant& Host::default_tenant() const { return *state_->default_tenant; }

Result<void> Host::Register(std::string_view name, Model model, LoadMode load, const Owner& owner) {
  auto prepared = state_->Prepare(name, std::move(model), load, owner);
  if (!prepared) return base::Fail(std::move(prepared));
  return state_->registry->Register(prepared->first, std::move(prepared->second));
}

Result<void> Host::Replace(std::string_view name, Model model, LoadMode load, const Owner& owner,
                           Deadline deadline) {
  auto prepared = state_->Prepare(name, std::move(model), load, owner);
  if (!prepared) return base::Fail(std::move(prepared));
  return state_->registry->Replace(prepared->first, std::move(prepared->second), deadline);
}

Result<void> Host::Unregister(std::string_view name, const Owner& owner) {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  return state_->registry->Unregister({ScopeOf(owner), *std::move(parsed)}, Origin::kOperator);
}

void Host::PrefetchAll() {
  state_->PrefetchEager(Owner::Host());
  for (const auto& tenant : state_->Tenants()) {
    state_->PrefetchEager(*tenant);
    // A tenant of another isolation may share models that the host, as a user, would not.
    const bool differs = tenant->placement().isolation() != state_->share.isolation;
    if (differs) state_->PrefetchVisible(*tenant, State::Models::kForAll);
  }
}

Result<void> Host::Prefetch(std::string_view name, const Owner& owner) {
  return Prefetch(name, owner, owner);
}

Result<void> Host::Prefetch(std::string_view name, const Owner& owner, const Owner& user) {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  state_->registry->Prefetch({ScopeOf(owner), *std::move(parsed)}, state_->PlacementOf(user));
  return {};
}

Result<Lease> Host::Acquire(std::string_view name, Deadline deadline, const Owner& owner) {
  return Acquire(name, deadline, owner, owner);
}

Result<Lease> Host::Acquire(std::string_view name, Deadline deadline, const Owner& owner,
                            const Owner& user) {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  return state_->registry->Acquire({ScopeOf(owner), *std::move(parsed)}, state_->PlacementOf(user),
                                   deadline);
}

bool Host::AwaitLoads(Deadline deadline) { return state_->registry->AwaitLoads(deadline); }

std::vector<WorkerStatus> Host::Workers() const { return state_->workers->Statuses(); }

std::vector<ModelStatus> Host::Models(const Owner& owner) const {
  return state_->registry->List(ScopeOf(owner), state_->PlacementOf(owner));
}

std::optional<ModelStatus> Host::Status(std::string_view name, const Owner& owner,
                                        const Owner& user) const {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return std::nullopt;
  return state_->registry->Status({ScopeOf(owner), *std::move(parsed)}, state_->PlacementOf(user));
}

std::vector<VisibleModel> Host::VisibleModels(const Tenant& tenant) const {
  return view::VisibleModels(tenant.state(), *state_->registry);
}

std::vector<const Backend*> Host::Backends() const { return state_->loader->backends().all(); }

const std::optional<fs::path>& Host::snapshot_dir() const { return state_->snapshots.directory; }

Result<std::uint64_t> Host::Measure(const Model& model) const {
  return state_->loader->Measure(model);
}

std::unique_ptr<View> Host::NewView(Authority authority) {
  const Tenant& tenant = authority.tenant;
  auto view = std::make_unique<View>(view::ViewParts{
      .tenant = authority.tenant.shared_from_this(),
      .limits = authority.limits.value_or(authority.tenant.instance_limits()),
      .instance = state_->next_instance.fetch_add(1),
      .registry = state_->registry,
      .files = guest_models::GuestFiles(std::move(authority.directories), state_->snapshots.store),
      .failures = state_->failures,
      .guest_deadline = std::move(authority.guest_deadline),
      .tensors = state_->TensorsOf(authority.tenant)});
  if (tenant.state().Begin()) {
    state_->PrefetchVisible(tenant, State::Models::kForTheTenant);
  }
  return view;
}

std::unique_ptr<View> Host::NewView() { return NewView({.tenant = default_tenant()}); }

}  // namespace namesake
