// Loads models with a host's backends and its compiled cache.
#ifndef NAMESAKE_HOST_LOADER_H_
#define NAMESAKE_HOST_LOADER_H_

#include <filesystem>
#include <memory>
#include <optional>
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

  Result<std::uint64_t> Measure(const Model& model) const override;
  Result<std::shared_ptr<const Graph>> Load(const Model& model, const Placement& placement,
                                            Deadline deadline, std::stop_token stop) const override;

  std::shared_ptr<const Graph> FindLoaded(const Model& model,
                                          const Placement& placement) const override;

  const BackendSet& backends() const { return backends_; }
  // Those that workers run for. Others have no limits there.
  worker::Users& users() const { return *users_; }

 private:
  BackendSet backends_;
  std::shared_ptr<CompiledCache> cache_;
  std::optional<std::filesystem::path> temporary_dir_;
  std::shared_ptr<worker::Users> users_ = std::make_shared<worker::Users>();
};

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_LOADER_H_
