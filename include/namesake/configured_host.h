// A host as a configuration describes it, and its reload when the configuration changes.
//
//   auto config = namesake::ReadConfig("namesake.toml");
//   if (!config) return Show(config.error());
//   auto configured = namesake::ConfiguredHost::Create(*std::move(config));
//   if (!configured) return Show(configured.error());
//   auto acme = (*configured)->FindTenant("acme");
//   if (!acme) return Show(acme.error());
//   (*configured)->Prefetch(**acme);
//   auto view = (*configured)->host().NewView({.tenant = **acme});
#ifndef NAMESAKE_CONFIGURED_HOST_H_
#define NAMESAKE_CONFIGURED_HOST_H_

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/config.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/guest_directory.h"
#include "namesake/host.h"
#include "namesake/places.h"

namespace namesake {

// Returns the owner of a model that `tenant` sees.
inline Owner OwnerOf(const VisibleModel& visible, const Tenant& tenant) {
  return visible.model.key.scope == Scope::Host() ? Owner::Host() : Owner(tenant);
}

// The outcome of a reload. Models are named as in messages: `model "x"`, `model "x" of tenant
// "acme"`.
struct ReloadReport {
  std::vector<std::string> replaced{};
  std::vector<std::string> added{};
  std::vector<std::string> removed{};
  // Models that could not be changed, with the reason: the old model stays, or the new one is not
  // added.
  std::vector<ConfigProblem> failed{};
  // Changes that take effect at the next start, such as `the change to the limits of tenant
  // "acme"`.
  std::vector<std::string> not_applied{};
  // Models whose inputs or outputs differ from before, with both: guests may depend on them.
  std::vector<std::string> changed{};
  // Why nothing was changed at all; otherwise empty.
  std::string refused{};
  // Why nothing was changed, if a guest that runs with directories could change what the new
  // configuration reads.
  std::vector<ConfigProblem> problems{};
};

// The right of guests to use directories of this machine, for as long as this object lives.
// Movable; an empty one is for no directories.
class NAMESAKE_API DirectoryUse {
 public:
  DirectoryUse() = default;

  // The directories as requested, each with the access that is granted.
  const std::vector<GuestDirectory>& directories() const { return directories_; }
  // Whole sentences for the operator: which directory is read-only, and why.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class ConfiguredHost;

  std::vector<GuestDirectory> directories_{};
  std::vector<std::string> warnings_{};
  // Makes the host refuse reloads that would bring anything within reach of the directories.
  std::shared_ptr<const void> kept_{};
};

// Finds what `ConfiguredHost::Create` and the loads of its models would refuse, each problem with
// its place, without creating or loading anything: missing backends, and options and targets that a
// backend refuses; files that can't be read, and content that is evidently of another encoding;
// models that exceed a limit; directories that can't be used. Problems that only a compiler finds
// are left to the load. Blocks: reads the structure of the models' files, and looks for devices if
// a model has a target other than cpu. `backends` as for `ConfiguredHost::Create`.
NAMESAKE_API std::vector<ConfigProblem> CheckConfig(
    const Config& config, std::vector<std::unique_ptr<Backend>> backends = {});

// Makes the backends that a host of this configuration has by default, and begins to start those
// that its eager models need, for a program that has more to do before it creates the host. None if
// the configuration names a backend that there is not: `ConfiguredHost::Create` then reports it.
// Takes about a millisecond for each backend that it starts.
NAMESAKE_API std::vector<std::unique_ptr<Backend>> StartBackends(const Config& config);

// Thread-safe.
class NAMESAKE_API ConfiguredHost {
 public:
  // Creates the host with the backends that the configuration names, in its order, or with all of
  // `backends` if it names none. Without `backends` there are those of InstalledBackends(), in
  // workers as the configuration has them. Adds the tenants, and registers all models without
  // loading any; reads only the marks of the models' files (see `Reload`). Compiled models are kept
  // in the folder "models" of `cache_dir`. Errors: invalid_argument for a missing backend, naming
  // those that there are; the errors of `Host::Create`, `Host::AddTenant` and `Host::Register`,
  // with the model's place.
  // `observer` is as in HostOptions::worker_observer.
  static Result<std::unique_ptr<ConfiguredHost>> Create(
      Config config, std::vector<std::unique_ptr<Backend>> backends = {},
      std::shared_ptr<WorkerObserver> observer = {});
  ~ConfiguredHost();
  ConfiguredHost(const ConfiguredHost&) = delete;
  ConfiguredHost& operator=(const ConfiguredHost&) = delete;

  Host& host() const;

  // The tenants' names in the order of the configuration.
  std::vector<std::string> TenantNames() const;
  // Like `FindTenant` of namesake/config.h. Never null.
  Result<std::shared_ptr<const Tenant>> FindTenant(std::optional<std::string_view> name) const;
  // Returns the model that a tenant sees, as it was registered; nothing for a model that is not
  // configured.
  std::optional<ConfiguredModel> FindModel(const VisibleModel& visible, const Tenant& tenant) const;

  // Starts loading, for the tenant, all eager models that it sees, and returns at once.
  void Prefetch(const Tenant& tenant);
  // Waits until all eager models that the tenant sees are in memory for it, and reports those that
  // can't be loaded.
  std::vector<ConfigProblem> AwaitEager(const Tenant& tenant, Deadline deadline);

  // Lets guests use directories of this machine without being able to change what the host depends
  // on (namesake/places.h). A directory becomes read-only if a guest could use it to change what
  // the host reads, including `others` and the models of a reload in progress. Blocks while it
  // looks at the directories and at all files of models. Errors: invalid_argument, with the remedy,
  // if a guest could use a directory to change what the host writes; those of `ReachedPlaces`.
  Result<DirectoryUse> UseDirectories(std::vector<GuestDirectory> directories,
                                      std::vector<Place> others = {});

  // Makes the host's models those of `config`. Unregisters models that are gone. Replaces a model
  // whose definition has changed, or whose files have changed since it was registered (another
  // size, modification time or inode of a path, of the .bin beside an .xml, of a file that an ONNX
  // model names, or of anything in a directory). Registers new models, and loads the eager ones:
  // those of the host that tenants load in workers, for each tenant that has had a view.
  // Guests keep running, with the old model until the new one is ready. The next reload tries again
  // what failed. Tenants, their grants, and limits stay as at the start.
  //
  // Blocks until all models are loaded; after a stop request it returns before the next model.
  // Changes nothing if a guest with a directory of this machine (`UseDirectories`) could change
  // what the host would read, or if the file of `config` has no models where the last one had some:
  // an editor may be writing it. A file that removes all models says `models = []`.
  ReloadReport Reload(const Config& config, const std::stop_token& stop = {});
  // Returns the `ReloadReport::refused` of a reload to `config`.
  std::string ReloadRefusal(const Config& config) const;

 private:
  struct State;
  explicit ConfiguredHost(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_CONFIGURED_HOST_H_
