// Loads models with a host's backends and its compiled cache.
#ifndef NAMESAKE_HOST_LOADER_H_
#define NAMESAKE_HOST_LOADER_H_

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "host/backend_set.h"
#include "namesake/compiled_cache.h"
#include "namesake/registry.h"
#include "worker/user.h"

namespace namesake::host {

// Thread-safe. Shared with the registry, so that a view that outlives the host can still load.
class Loader : public ModelLoader {
 public:
  // `cache` may be null; `temporary_dir` as in `LoadOptions`.
  Loader(BackendSet backends, std::shared_ptr<CompiledCache> cache,
         std::optional<std::filesystem::path> temporary_dir)
      : backends_(std::move(backends)),
        cache_(std::move(cache)),
        temporary_dir_(std::move(temporary_dir)) {}

  // Makes the user of a placement known. Others have no limits in their workers.
  void AddUser(const Placement& placement, std::shared_ptr<const worker::User> user);

  Result<std::uint64_t> Measure(const Model& model) const override;
  Result<std::shared_ptr<const Graph>> Load(const Model& model, const Placement& placement,
                                            Deadline deadline, std::stop_token stop) const override;

  const BackendSet& backends() const { return backends_; }
  // Null if none was made known.
  std::shared_ptr<const worker::User> FindUser(const Placement& placement) const;

 private:
  BackendSet backends_;
  std::shared_ptr<CompiledCache> cache_;
  std::optional<std::filesystem::path> temporary_dir_;
  mutable std::mutex mutex_;
  // By the placement with isolation by tenant. Guarded by mutex_.
  std::unordered_map<Placement, std::shared_ptr<const worker::User>> users_;
};

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_LOADER_H_
