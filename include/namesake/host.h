// The host: backends, models, tenants and limits, put together. Start here.
//
//   auto host = namesake::Host::Create(std::move(options));
//   auto added = (*host)->Register("photo", {.encoding = namesake::Encoding::kOnnx,
//                                            .source = namesake::ModelFiles{{"m.onnx"}}});
//   auto acme = (*host)->AddTenant({.name = "acme", .policy = {.grants = {{"photo"}}}});
//   if (!acme) Show(acme.error().detail());
//   auto view = (*host)->NewView({.tenant = **acme});
//   auto graph = view->LoadByName("photo");
//
// Each function that can fail returns a Result: look at it before its value.
//
// A view is then linked into a guest: with Wasmtime through namesake/wasmtime.h, with another
// runtime by calling the view. Thread-safe; the host must outlive nothing: views keep what they
// need.
#ifndef NAMESAKE_HOST_H_
#define NAMESAKE_HOST_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/limits.h"
#include "namesake/model.h"
#include "namesake/owner.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"
#include "namesake/view.h"

namespace namesake {

struct HostOptions {
  // In order of preference: the first one that reads an encoding serves it. Names must differ.
  std::vector<std::unique_ptr<Backend>> backends{};
  // Where compiled models are kept between processes; empty for nowhere. Models that guests bring
  // are never kept.
  std::optional<std::filesystem::path> cache_dir{};
  // Where copies of models lie that guests register by path, for as long as they are registered;
  // empty for a folder in the directory for temporary files.
  std::optional<std::filesystem::path> snapshot_dir{};
  // Where temporary files lie; empty for TMPDIR or, where it is not set, /tmp. An empty path for
  // nowhere: models of which a reader needs a file can't be loaded from bytes then.
  std::optional<std::filesystem::path> temporary_dir{};
  HostLimits limits{};
  // How long a failed load answers for the loads asked for after it.
  std::chrono::nanoseconds failed_load_ttl = std::chrono::seconds(5);
  // Makes the registry; empty for the host's own. Never returns null.
  std::function<std::shared_ptr<Registry>(std::shared_ptr<const ModelLoader>)> make_registry{};
  // The tenant of views that are made without an authority. Unless said otherwise it sees every
  // model of the host's and may load bytes.
  TenantOptions default_tenant{.name = "default"};
};

class NAMESAKE_API Host {
 public:
  // Errors: invalid_argument for two backends of one name, and as for `AddTenant` for the default
  // tenant; runtime_error for a cache directory that can't be made.
  static Result<std::unique_ptr<Host>> Create(HostOptions options);
  // Waits for the loads under way, unless a view is left that keeps what they need: then the last
  // view's end does. AwaitLoads tells beforehand.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  // Errors: invalid_argument for a name that can't be one or is taken, if only by the default
  // tenant; for grants of which two are visible by one name, and for names in them that can't be
  // any.
  // The host keeps the tenant as long as it lives; the pointer is never null.
  Result<std::shared_ptr<const Tenant>> AddTenant(TenantOptions options);
  // Borrowed for the host's life.
  const Tenant& default_tenant() const;

  // Adds a model without loading it, to its owner's scope; a tenant is of this host.
  // Errors: invalid_argument for a name that can't be one or is taken, and for a backend that is
  // not there; invalid_encoding when no backend reads the encoding, listing those that are served
  // (for kAutodetect the load says so instead); too_large or resource_exhausted by `max_models`.
  Result<void> Register(std::string_view name, Model model, LoadMode load = LoadMode::kEager,
                        const Owner& owner = Owner::Host());
  // Puts a model in the place of one that is there; see `Registry::Replace`. Blocks. Errors: as for
  // `Register` but for the name, which must be there (not_found); timeout; what its load failed
  // with. All of them leave the old one.
  Result<void> Replace(std::string_view name, Model model, LoadMode load, const Owner& owner,
                       Deadline deadline);
  // Errors: not_found.
  Result<void> Unregister(std::string_view name, const Owner& owner = Owner::Host());

  // Begins to load all eager models of the host's and the tenants', and returns at once.
  void PrefetchAll();
  // The same of one model, whatever its load mode. Errors: invalid_argument for what can't be a
  // name; a name that is not there is passed over.
  Result<void> Prefetch(std::string_view name, const Owner& owner = Owner::Host());
  // Waits until a model is in memory. Asks for the host or for the owning tenant, whose placement
  // the graph's contexts are made with. Errors: not_found, or what its load failed with.
  Result<Lease> Acquire(std::string_view name, Deadline deadline,
                        const Owner& owner = Owner::Host());
  // Waits until no model is loading, whosever it is; false when `deadline` passes first. One that
  // has passed already just asks. What a custom registry does not tell (`Registry::AwaitLoads`)
  // counts as ended.
  bool AwaitLoads(Deadline deadline);
  std::vector<ModelStatus> Models(const Owner& owner = Owner::Host()) const;

  // What a tenant's guests see before they register anything themselves, by visible name: its own
  // models and what it is granted of the host's.
  std::vector<VisibleModel> VisibleModels(const Tenant& tenant) const;

  // Borrowed for the host's life.
  std::vector<const Backend*> Backends() const;
  // Where copies lie of models that guests register by path; no guest may write there. Empty where
  // guests can't register any.
  const std::optional<std::filesystem::path>& snapshot_dir() const;
  // The size of a model's parts, in bytes; see `ModelLoader::Measure`.
  Result<std::uint64_t> Measure(const Model& model) const;

  // A fresh view with an instance scope of its own.
  std::unique_ptr<View> NewView(Authority authority);
  // One of the default tenant's.
  std::unique_ptr<View> NewView();

 private:
  struct State;
  explicit Host(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_HOST_H_
