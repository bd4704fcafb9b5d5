#include "world.h"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/fail.h"
#include "guest_models/snapshot_store.h"
#include "host/backend_set.h"
#include "host/loader.h"
#include "limits/compute_queue.h"
#include "registry/default_registry.h"
#include "require.h"
#include "support/temp_dir.h"
#include "view/view_parts.h"

namespace namesake::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::array kResources = {
    Resource::kModels,   Resource::kModelBytes, Resource::kTensorBytes,  Resource::kGraphs,
    Resource::kContexts, Resource::kTensors,    Resource::kWorkerMemory, Resource::kWorkers};
static_assert(kResources.size() == kResourceCount);

// The guests' directory, made once per process: models, and files that must not be taken for one.
class GuestDirectoryOnDisk {
 public:
  GuestDirectoryOnDisk() {
    temp_.Write("inside/echo", "io f32 2\n");
    temp_.Write("inside/any", "io f32 ?\noutputs ?\n");
    temp_.Write("inside/fails", "fail_load no\n");
    temp_.Write("inside/junk", "no model");
    temp_.Write("inside/sub/echo.xml", "io u8 3\n");
    temp_.Write("inside/sub/echo.bin", "io u8 3\n");
    temp_.Write("inside/saved/saved_model.pb", "io i32 1\n");
    temp_.Write("outside/secret", "io f64 1\n");
    fs::create_symlink("echo", inside() / "link");
    fs::create_symlink("../outside/secret", inside() / "out");
    fs::create_symlink("../outside", inside() / "outdir");
    fs::create_symlink("loop", inside() / "loop");
    Require(::mkfifo((inside() / "pipe").c_str(), 0600) == 0, "a pipe can be made");
  }

  fs::path inside() const { return temp_.path() / "inside"; }
  // For the copies of one world.
  fs::path copies(const std::string& secret) const { return temp_.path() / secret; }

 private:
  test::TempDir temp_;
};

const GuestDirectoryOnDisk& Disk() {
  static const GuestDirectoryOnDisk disk;
  return disk;
}

std::string NewSecret() {
  static std::mt19937_64 random{std::random_device()()};
  return fmt::format("secret-{:016x}", random());
}

// Returns the same error with the secret added to its detail.
Error Told(const Error& error, const std::string& secret) {
  return Error(error.code(), error.message(), error.detail() + " (" + secret + ")")
      .AtLimit(error.limit());
}

// Refuses models that would take their time, and puts the secret into its details.
class QuickBackend : public fake::Backend {
 public:
  QuickBackend(fake::Counters& counters, std::string secret)
      : fake::Backend({Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlow,
                       Encoding::kTensorFlowLite},
                      counters),
        secret_(std::move(secret)) {}

 private:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    if (IsSlow(model)) return base::Fail(ErrorCode::kRuntimeError, "a model that takes its time");
    auto loaded = fake::Backend::LoadLayout(model, std::move(layout), options, deadline);
    if (!loaded) return std::unexpected(Told(loaded.error(), secret_));
    return loaded;
  }

  static bool IsSlow(const Model& model) {
    const auto* const bytes = std::get_if<ModelBytes>(&model.source);
    if (bytes == nullptr) return false;
    std::string text;
    for (const Blob& part : bytes->parts) {
      for (const std::byte byte : *part) text += static_cast<char>(byte);
    }
    return text.contains("_ms");
  }

  const std::string secret_;
};

std::shared_ptr<const host::Loader> NewLoader(fake::Counters& counters, const std::string& secret) {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(std::make_unique<QuickBackend>(counters, secret));
  auto set = host::BackendSet::Make(std::move(backends));
  Require(set.has_value(), "one backend is a set");
  return std::make_shared<const host::Loader>(*std::move(set), nullptr, std::nullopt);
}

using Limit = std::optional<std::uint64_t>;

// No limit, or one of a few small numbers. Here and below, choices that an exhausted input makes
// are those that let guests do most.
Limit PickCount(FuzzedDataProvider& input) {
  const auto number = input.ConsumeIntegralInRange<std::uint64_t>(0, 7);
  return number < 3 ? Limit() : Limit(number - 3);
}
Limit PickBytes(FuzzedDataProvider& input) {
  const auto number = input.ConsumeIntegralInRange<std::uint64_t>(0, 15);
  return number < 5 ? Limit() : Limit((number - 5) * 8);
}

template <typename Limits>
void PickShared(FuzzedDataProvider& input, Limits& limits) {
  limits.max_models = PickCount(input);
  limits.max_model_bytes = PickBytes(input);
  limits.max_total_model_bytes = PickBytes(input);
  limits.max_tensor_bytes = PickBytes(input);
  limits.max_total_tensor_bytes = PickBytes(input);
}

InstanceLimits PickInstanceLimits(FuzzedDataProvider& input, GuestKind guests) {
  InstanceLimits limits;
  if (!input.ConsumeBool()) return limits;
  PickShared(input, limits);
  limits.max_graphs = PickCount(input);
  limits.max_contexts = PickCount(input);
  limits.max_config_bytes = PickBytes(input);
  limits.max_name_bytes = PickBytes(input);
  if (guests == GuestKind::kComponents) limits.max_tensors = PickCount(input);
  return limits;
}

HostLimits PickHostLimits(FuzzedDataProvider& input) {
  HostLimits limits;
  if (!input.ConsumeBool()) return limits;
  PickShared(input, limits);
  if (limits.max_models) *limits.max_models += 4;
  limits.max_loads = 1;
  limits.max_inferences = 1;
  return limits;
}

TenantOptions PickTenant(FuzzedDataProvider& input, std::string name) {
  TenantOptions options{.name = std::move(name)};
  Policy& policy = options.policy;
  policy.host_models = input.ConsumeBool() ? HostModels::kGranted : HostModels::kAll;
  if (input.ConsumeBool()) policy.grants = {{"echo"}, {"fails", "alias"}, {"absent"}};
  policy.guest_load = input.ConsumeBool() ? GuestLoad::kForbidden : GuestLoad::kAllowed;
  policy.guest_register = input.PickValueInArray({GuestRegister::kInstance, GuestRegister::kTenant,
                                                  GuestRegister::kTenant, GuestRegister::kNo});
  policy.guest_options = {"a", "b"};
  if (input.ConsumeBool()) PickShared(input, options.limits);
  return options;
}

Used UsedOf(const Account& account) {
  Used used{};
  for (const Resource resource : kResources) {
    used[static_cast<std::size_t>(resource)] = account.used(resource);
  }
  return used;
}

void CheckLimits(const Account& account) {
  for (const Resource resource : kResources) {
    const auto& limit = account.limits().totals[static_cast<std::size_t>(resource)];
    Require(!limit || account.used(resource) <= *limit, "nothing is used beyond its limit");
  }
}

}  // namespace

World::World(FuzzedDataProvider& input, GuestKind guests) : secret_(NewSecret()) {
  auto copies = guest_models::SnapshotStore::Open(Disk().copies(secret_));
  Require(copies.has_value(), "a store of snapshots can be opened");
  // Failed loads are remembered for the whole input or not at all.
  const auto memory = std::chrono::hours(input.ConsumeBool() ? 1 : 0);
  registry_ = registry::NewDefaultRegistry(
      {.loader = NewLoader(counters_, secret_), .failed_load_ttl = memory});
  const HostLimits limits = PickHostLimits(input);
  host_ = Account::Make("the host", limits::ToAccountLimits(limits), nullptr,
                        Account::Shortage::kTellsNothing);
  AddTenants(input, {.limits = limits,
                     .account = host_,
                     .computes =
                         limits::ComputeQueue::Make({.max_running = limits.max_inferences,
                                                     .max_queued = limits.max_queued_inferences})});
  AddOperatorModels(host_);
  for (std::size_t i = 0; i < kViews; ++i) {
    views_.push_back(std::make_unique<View>(view::ViewParts{
        .tenant = tenants_[kTenantOfView[i]],
        .limits = PickInstanceLimits(input, guests),
        .instance = i + 1,
        .registry = registry_,
        .files = guest_models::GuestFiles({{.host = Disk().inside(), .guest = "models"}}, *copies),
        .failures = failures_,
        .guest_deadline = {}}));
  }
}

World::~World() {
  std::error_code ignored;
  fs::remove_all(Disk().copies(secret_), ignored);
}

void World::AddTenants(FuzzedDataProvider& input, const view::HostShare& share) {
  for (std::size_t i = 0; i < kTenants; ++i) {
    TenantOptions options = PickTenant(input, "tenant " + std::to_string(i));
    // Placements in the host's process and in a worker: one each.
    options.isolation = i == 0 ? Isolation::kProcess : Isolation::kTenant;
    auto tenant = view::NewTenant(i + 1, std::move(options), share);
    Require(tenant.has_value(), "a tenant can be made");
    tenants_.push_back(*std::move(tenant));
  }
}

void World::Add(const Scope& scope, std::string_view name, std::string_view text, LoadMode load,
                const std::shared_ptr<Account>& account) {
  auto key = ModelKey{scope, ModelName::Parse(name).value()};
  Placement owner = Placement::Host();
  for (const auto& tenant : tenants_) {
    if (scope == tenant->state().scope()) owner = tenant->placement();
  }
  const auto added = registry_->Register(
      key, {.model = fake::NewModel(text), .load = load, .account = account, .placement = owner});
  if (!added) {
    Require(!added.error().limit().empty(), "only a limit refuses these models");
    return;
  }
  const std::string own(name);
  for (std::size_t i = 0; i < kTenants; ++i) {
    const Policy& policy = tenants_[i]->policy();
    if (scope == tenants_[i]->state().scope()) {
      visible_[i].insert(own);
      ++operator_models_[i];
    }
    if (scope != Scope::Host()) continue;
    if (policy.host_models == HostModels::kAll) visible_[i].insert(own);
    for (const Grant& grant : policy.grants) {
      if (grant.model == own) visible_[i].insert(grant.visible_name());
    }
  }
  if (scope == Scope::Host()) ++host_models_;
}

void World::AddOperatorModels(const std::shared_ptr<Account>& host) {
  Add(Scope::Host(), "echo", "io f32 2\n", LoadMode::kEager, host);
  Add(Scope::Host(), "fails", "fail_load no\n", LoadMode::kEager, host);
  Add(Scope::Host(), "lazy", "io u8 3\n", LoadMode::kLazy, host);
  Add(Scope::Host(), "lazy2", "io f32 ?\noutputs ?\n", LoadMode::kLazy, host);
  Add(tenants_[0]->state().scope(), "own",
      fmt::format("io f32 1..4\nfail_compute {}\nbytes 28\n", secret_), LoadMode::kLazy,
      tenants_[0]->state().account());
}

Usage World::usage() const {
  Usage usage;
  for (std::size_t i = 0; i < kViews; ++i) usage.views[i] = UsedOf(views_[i]->account());
  for (std::size_t i = 0; i < kTenants; ++i) usage.tenants[i] = UsedOf(tenants_[i]->account());
  usage.host = UsedOf(*host_);
  return usage;
}

void World::CheckAccounts() const {
  for (const auto& view : views_) CheckLimits(view->account());
  for (const auto& tenant : tenants_) CheckLimits(tenant->account());
  CheckLimits(*host_);
  const Usage used = usage();
  std::array<std::uint64_t, kTenants> tensors{};
  for (std::size_t i = 0; i < kViews; ++i) {
    tensors[kTenantOfView[i]] += At(used.views[i], Resource::kTensorBytes);
  }
  std::uint64_t models = host_models_;
  std::uint64_t model_bytes = 0;
  for (std::size_t i = 0; i < kTenants; ++i) {
    Require(At(used.tenants[i], Resource::kTensorBytes) == tensors[i],
            "a tenant's tensors are those of its instances");
    Require(At(used.tenants[i], Resource::kModels) >= operator_models_[i],
            "a tenant's models are the operator's and its guests'");
    models += At(used.tenants[i], Resource::kModels);
    model_bytes += At(used.tenants[i], Resource::kModelBytes);
  }
  Require(At(used.host, Resource::kTensorBytes) == tensors[0] + tensors[1],
          "the host's tensors are those of the tenants");
  Require(At(used.host, Resource::kModels) == models,
          "the host's models are its own and the tenants'");
  int ready = 0;
  Require(At(used.host, Resource::kModelBytes) == model_bytes + HostsReadyBytes(ready),
          "the host's model bytes are its own and the tenants'");
}

std::uint64_t World::ReadyBytes(const Scope& scope, const Placement& user, int& ready) const {
  std::uint64_t bytes = 0;
  for (const ModelStatus& model : registry_->List(scope, user)) {
    if (model.state == ModelState::kReady) ++ready;
    bytes += model.model_bytes;
  }
  return bytes;
}

std::uint64_t World::HostsReadyBytes(int& ready) const {
  std::uint64_t bytes = 0;
  for (const auto& tenant : tenants_) {
    bytes += ReadyBytes(Scope::Host(), tenant->placement(), ready);
  }
  return bytes;
}

void World::RemoveGuestNames() {
  for (const auto& tenant : tenants_) {
    for (const ModelStatus& model : registry_->List(tenant->state().scope(), tenant->placement())) {
      if (model.origin != Origin::kGuest) continue;
      Require(registry_->Unregister(model.key, Origin::kOperator).has_value(),
              "a name that is listed can be taken away");
    }
  }
}

void World::CheckEnd() {
  views_.clear();
  Require(counters_.contexts == 0, "a view's contexts end with it");
  for (std::uint64_t i = 1; i <= kViews; ++i) {
    Require(registry_->List(Scope::Instance(i), Placement::Host()).empty(),
            "an instance's names end with it");
  }
  RemoveGuestNames();
  int ready = 0;
  std::uint64_t model_bytes = HostsReadyBytes(ready);
  std::uint64_t models = host_models_;
  for (std::size_t i = 0; i < kTenants; ++i) {
    const Used used = UsedOf(tenants_[i]->account());
    const std::uint64_t bytes =
        ReadyBytes(tenants_[i]->state().scope(), tenants_[i]->placement(), ready);
    Require(At(used, Resource::kModels) == operator_models_[i],
            "a tenant keeps the operator's models alone");
    Require(At(used, Resource::kModelBytes) == bytes,
            "a tenant keeps the bytes of the operator's models alone");
    Require(At(used, Resource::kTensorBytes) == 0, "no tensor outlives its view");
    models += operator_models_[i];
    model_bytes += bytes;
  }
  const Used host = UsedOf(*host_);
  Require(At(host, Resource::kModels) == models, "the host keeps the operator's models alone");
  Require(At(host, Resource::kModelBytes) == model_bytes,
          "the host keeps the bytes of the operator's models alone");
  Require(At(host, Resource::kTensorBytes) == 0, "no tensor outlives its view");
  Require(counters_.graphs == ready, "the operator's graphs are the only ones left");
  registry_.reset();
  Require(counters_.graphs == 0, "no graph outlives its registry and its users");
}

}  // namespace namesake::fuzz
