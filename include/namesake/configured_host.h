// A host as a configuration describes it, and what becomes of it when the configuration changes.
//
//   auto config = namesake::ReadConfig("namesake.toml");
//   auto configured = namesake::ConfiguredHost::Create(*std::move(config), std::move(backends));
//   auto acme = (*configured)->FindTenant("acme");
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

// The owner of a model that `tenant` sees.
inline Owner OwnerOf(const VisibleModel& visible, const Tenant& tenant) {
  return visible.model.key.scope == Scope::Host() ? Owner::Host() : Owner(tenant);
}

// The outcome of a reload. Models are named as in messages: `model "x"`, `model "x" of tenant
// "acme"`.
struct ReloadReport {
  std::vector<std::string> replaced{};
  std::vector<std::string> added{};
  std::vector<std::string> removed{};
  // Models that stay as they were, with the reason: one to replace is the old one, one to add is
  // not there.
  std::vector<ConfigProblem> failed{};
  // Differences to the configuration at the start that take effect at the next start, such as
  // `the change to the limits of tenant "acme"`.
  std::vector<std::string> not_applied{};
  // Models that take or give other tensors than before, each with both: guests may depend on it.
  std::vector<std::string> changed{};
  // Why nothing was changed at all; else empty.
  std::string refused{};
  // The same, where it is what guests could change that have directories at the moment.
  std::vector<ConfigProblem> problems{};
};

// What guests may do in directories of this machine, for as long as this lives. Movable; an empty
// one is of no directories.
class NAMESAKE_API DirectoryUse {
 public:
  DirectoryUse() = default;

  // As they were asked for, with the access that is left of what was asked for.
  const std::vector<GuestDirectory>& directories() const { return directories_; }
  // Whole sentences for the operator: which directory is read-only, and why.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  friend class ConfiguredHost;

  std::vector<GuestDirectory> directories_{};
  std::vector<std::string> warnings_{};
  // Keeps the host from reloads that bring something within reach of the directories.
  std::shared_ptr<const void> kept_{};
};

// Everything that `ConfiguredHost::Create` and the loads of its models would refuse, each with its
// place, without making or loading anything: backends that are not there, and options and
// targets that they refuse; files that can't be read, and content that is evidently of another
// encoding; models that no limit lets in; directories that can't be used. What only a compiler
// finds in a model stays for its load. Reads the structure of the models' files, and asks for
// devices where a model has another target than cpu; blocks.
NAMESAKE_API std::vector<ConfigProblem> CheckConfig(const Config& config,
                                                    std::vector<std::unique_ptr<Backend>> backends);

// Thread-safe.
class NAMESAKE_API ConfiguredHost {
 public:
  // Makes the host with those of `backends` that the configuration names, in its order, or with all
  // of them; adds the tenants, and registers all models without loading any. Looks at the models'
  // files for their marks (see `Reload`) alone. Compiled models are kept in the folder "models" of
  // `cache_dir`. Errors: invalid_argument for a backend that is not there, naming those that are;
  // what `Host::Create`, `Host::AddTenant` and `Host::Register` say, with the model's place.
  static Result<std::unique_ptr<ConfiguredHost>> Create(
      Config config, std::vector<std::unique_ptr<Backend>> backends);
  ~ConfiguredHost();
  ConfiguredHost(const ConfiguredHost&) = delete;
  ConfiguredHost& operator=(const ConfiguredHost&) = delete;

  Host& host() const;

  // The tenants' names in the order of the configuration.
  std::vector<std::string> TenantNames() const;
  // As `FindTenant` of namesake/config.h. Never null.
  Result<std::shared_ptr<const Tenant>> FindTenant(std::optional<std::string_view> name) const;
  // The model that a tenant sees, as it was registered. Empty for one that is not configured.
  std::optional<ConfiguredModel> FindModel(const VisibleModel& visible, const Tenant& tenant) const;

  // Begins to load all eager models that the tenant sees, and returns at once.
  void Prefetch(const Tenant& tenant);
  // Waits until all eager models that the tenant sees are in memory, and says which can't be.
  std::vector<ConfigProblem> AwaitEager(const Tenant& tenant, Deadline deadline);

  // Lets guests use directories of this machine, so that none can change what the host lives by
  // (namesake/places.h): a directory by which a guest could change what the host reads, one of
  // `others` or a model of a reload that is under way among it, becomes read-only. Blocks while it
  // looks at the directories and at all files of models. Errors: invalid_argument, with the remedy,
  // for one by which a guest could change what the host writes; those of `ReachedPlaces`.
  Result<DirectoryUse> UseDirectories(std::vector<GuestDirectory> directories,
                                      std::vector<Place> others = {});

  // Makes the models those of `config`, but for one of a file that has no models where the last one
  // had some: as a file is while an editor writes it. One that shall take all away says
  // `models = []`.
  //
  // Unregisters what is gone; replaces what is defined
  // otherwise or whose files have changed since they were registered (another size, time of change
  // or inode of a path, of the .bin beside an .xml, of a file that an ONNX model names, or of
  // anything in a directory); registers what is new, and loads it if it is eager. Guests go on
  // meanwhile, with the old model until the new one is ready. What fails is tried again by the next
  // reload. Tenants, their grants, and limits stay as at the start. Blocks until all is loaded, and
  // ends before the next model when it is asked to stop. Nothing is changed where a guest with a
  // directory of this machine (`UseDirectories`) could change what the host would read.
  ReloadReport Reload(const Config& config, const std::stop_token& stop = {});
  // `ReloadReport::refused` of a reload to `config`.
  std::string ReloadRefusal(const Config& config) const;

 private:
  struct State;
  explicit ConfiguredHost(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_CONFIGURED_HOST_H_
