// The host: backends, models, tenants and limits, put together. Start here.
//
//   auto host = namesake::Host::Create({});
//   if (!host) return Show(host.error());
//   auto added = (*host)->Register("photo", {.encoding = namesake::Encoding::kOnnx,
//                                            .source = namesake::ModelFiles{{"m.onnx"}}});
//   if (!added) return Show(added.error());
//   auto acme = (*host)->AddTenant({.name = "acme", .policy = {.grants = {{"photo"}}}});
//   if (!acme) return Show(acme.error());
//   auto view = (*host)->NewView({.tenant = **acme});
//   auto graph = view->LoadByName("photo");
//   if (!graph) return Show(graph.error());
//
// Each function that can fail returns a Result: check it before you use its value.
//
// Link the view into a guest: with Wasmtime through namesake/wasmtime.h, with another runtime by
// calling the view. The host is thread-safe, and need not outlive anything: views keep what they
// need.
#ifndef NAMESAKE_HOST_H_
#define NAMESAKE_HOST_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/isolation.h"
#include "namesake/limits.h"
#include "namesake/model.h"
#include "namesake/owner.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"
#include "namesake/view.h"
#include "namesake/worker_status.h"

namespace namesake {

struct HostOptions {
  // In order of preference: the first backend that reads an encoding serves it. A backend may be
  // here twice, for models in this process and in workers (namesake/worker.h). Empty for
  // InstalledBackends().
  std::vector<std::unique_ptr<Backend>> backends{};
  // The directory that keeps compiled models between processes, up to `limits.max_cache_bytes`;
  // empty for none. Guest-supplied models are never kept there.
  std::optional<std::filesystem::path> cache_dir{};
  // The directory for copies of the models that guests register by path; a copy stays while its
  // model is registered or in use. Empty for a folder in the directory for temporary files.
  std::optional<std::filesystem::path> snapshot_dir{};
  // The directory for temporary files; without one, TMPDIR or, if that is not set, /tmp. An empty
  // path means that there is none: models whose reader needs a file can't be loaded from bytes
  // then.
  std::optional<std::filesystem::path> temporary_dir{};
  HostLimits limits{};
  // Where the models are loaded, unless a tenant or a model says otherwise. With Isolation::kTenant
  // each tenant has its models, and its graphs of the host's models, in workers of its own; with
  // Isolation::kHost the operator's models are in workers that all tenants share.
  Isolation isolation = kDefaultIsolation;
  // Decides whether a worker starts if the system lacks a part of its sandbox.
  Sandbox sandbox = Sandbox::kStrict;
  // The machine's devices other than processors that workers may use (`WorkerSettings::devices`).
  std::vector<std::filesystem::path> sandbox_devices{};
  // Whether each backend that tenants use keeps one more worker ready, which is nobody's yet, for
  // the next tenant and in place of one that ends (`WorkerSettings::spare`).
  bool spare_workers = true;
  // Whether a tenant that has ended a worker of Isolation::kHost has the model in one of its own
  // for a while (`WorkerSettings::quarantine`).
  bool quarantine = true;
  // The threads on which inferences compute together, at least 1; empty for one for each processor
  // that this process may use, by its affinity and the quotas of its control groups. Inferences
  // wait for threads tenant by tenant, each for as many as its graph has of its own
  // (`Graph::threads`); one that has run for 20 ms leaves its threads to those who wait. Workers
  // compute on no more threads each (`WorkerSettings::threads`).
  std::optional<unsigned> threads{};
  // How long a worker may be idle before it is ended (`WorkerSettings::idle_time`).
  std::chrono::nanoseconds worker_idle_time = kDefaultWorkerIdleTime;
  // Learns of workers' starts and ends; null for nobody. Kept while the host, its views or its
  // graphs are there.
  std::shared_ptr<WorkerObserver> worker_observer{};
  // The control group in which workers get their own (`WorkerSettings::control_group`).
  std::optional<std::filesystem::path> worker_cgroup{};
  // The directory of the backends' programs, which the workers run; empty for the folder of the
  // library.
  std::optional<std::filesystem::path> backend_dir{};
  // The backend, by its name, that comes first for an encoding, before the order of `backends`. A
  // model's own backend and options count more.
  std::map<Encoding, std::string> encoding_backends{};
  // How long a failed load is remembered, and answers later loads of the same model.
  std::chrono::nanoseconds failed_load_ttl = std::chrono::seconds(5);
  // Makes the registry; empty for the built-in one. Must not return null.
  std::function<std::shared_ptr<Registry>(std::shared_ptr<const ModelLoader>)> make_registry{};
  // The tenant of views that are made without an authority. By default it sees all of the host's
  // models and may load models from bytes.
  TenantOptions default_tenant{.name = "default"};
};

class NAMESAKE_API Host {
 public:
  // Errors: invalid_argument for two backends with the same name; runtime_error for a cache or
  // snapshot directory that can't be used; those of `AddTenant` for the default tenant.
  static Result<std::unique_ptr<Host>> Create(HostOptions options);
  // Waits for the loads in progress, unless a view is left that keeps what they need: then the end
  // of the last view waits. `AwaitLoads` waits beforehand.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Adds a tenant, which the host keeps as long as it lives; the pointer is never null. Errors:
  // invalid_argument for a name that is not valid or is taken, also by the default tenant; for two
  // models granted under the same visible name; and for invalid names in grants.
  Result<std::shared_ptr<const Tenant>> AddTenant(TenantOptions options);
  // Borrowed for the host's life.
  const Tenant& default_tenant() const;

  // Adds a model to its owner's scope, without loading it. A tenant as owner must be of this host.
  // Errors: invalid_argument for a name that is not valid or is taken, and for a backend that the
  // host does not have; invalid_encoding if no backend reads the encoding, listing those that are
  // served (for kAutodetect the load reports it instead); too_large or resource_exhausted by
  // `max_models`.
  Result<void> Register(std::string_view name, Model model, LoadMode load = LoadMode::kEager,
                        const Owner& owner = Owner::Host());
  // Replaces a registered model; see `Registry::Replace`. Blocks. Errors: not_found if the name is
  // not registered; timeout; the errors of `Register` and of the load. On every error the old model
  // stays.
  Result<void> Replace(std::string_view name, Model model, LoadMode load, const Owner& owner,
                       Deadline deadline);
  // Errors: not_found.
  Result<void> Unregister(std::string_view name, const Owner& owner = Owner::Host());

  // Starts loading all eager models of the tenants, and those of the host that are loaded in its
  // process, and returns at once. The others of the host are loaded for each tenant when it begins
  // to work (`NewView`).
  void PrefetchAll();
  // Like PrefetchAll, but for one model, whatever its load mode, and for one user, by default its
  // owner. Does nothing if the name is not registered. Errors: invalid_argument for a name that is
  // not valid.
  Result<void> Prefetch(std::string_view name, const Owner& owner = Owner::Host());
  Result<void> Prefetch(std::string_view name, const Owner& owner, const Owner& user);
  // Waits until a model is in memory. Acts for one user, by default the owner, in whose placement
  // the model is loaded and the graph's contexts are to be made. Errors: not_found; timeout; the
  // errors of the load.
  Result<Lease> Acquire(std::string_view name, Deadline deadline,
                        const Owner& owner = Owner::Host());
  Result<Lease> Acquire(std::string_view name, Deadline deadline, const Owner& owner,
                        const Owner& user);
  // Waits until no model of any owner is loading. Returns false if `deadline` passes first; a
  // deadline that has already passed makes it a query. Loads that a custom registry does not report
  // (`Registry::AwaitLoads`) count as finished.
  bool AwaitLoads(Deadline deadline);
  // The owner's models, as they are for it.
  std::vector<ModelStatus> Models(const Owner& owner = Owner::Host()) const;
  // The workers of the host's users that run now, but for spare ones.
  std::vector<WorkerStatus> Workers() const;
  // One model, as it is for a user. Empty if the name is not registered.
  std::optional<ModelStatus> Status(std::string_view name, const Owner& owner,
                                    const Owner& user) const;

  // The models that a tenant's guests see before they register any themselves, by visible name, as
  // they are for the tenant: its own models, and those of the host that its policy lets it see.
  std::vector<VisibleModel> VisibleModels(const Tenant& tenant) const;

  // Borrowed for the host's life.
  std::vector<const Backend*> Backends() const;
  // The directory for copies of the models that guests register by path; no guest may write there.
  // Empty if guests can't register any.
  const std::optional<std::filesystem::path>& snapshot_dir() const;
  // The size of a model's parts, in bytes; see `ModelLoader::Measure`.
  Result<std::uint64_t> Measure(const Model& model) const;

  // Makes a view with an instance scope of its own. A tenant's first view starts loading the eager
  // models that it sees and that are loaded for it alone.
  std::unique_ptr<View> NewView(Authority authority);
  // Like the above, for the default tenant.
  std::unique_ptr<View> NewView();

 private:
  struct State;
  explicit Host(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_HOST_H_
