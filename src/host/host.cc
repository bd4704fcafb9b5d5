#include "namesake/host.h"

#include <atomic>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "graph/detect.h"
#include "host/backend_set.h"
#include "limits/budget.h"
#include "namesake/compiled_cache.h"
#include "registry/default_registry.h"

namespace namesake {
namespace {

// What a load needs. The registry's load function shares it, so that a view which outlives the host
// still loads.
struct Loader {
  BackendSet backends;
  std::unique_ptr<CompiledCache> cache;  // Null for none.

  Result<std::shared_ptr<const Graph>> Load(const Model& model, Deadline deadline) const {
    const auto resolved = ResolveEncoding(model);
    if (!resolved) return std::unexpected(resolved.error());
    const auto backend = backends.For(resolved->encoding);
    if (!backend) return std::unexpected(backend.error());
    // Bytes are a guest's, who could fill the operator's disk with models it makes up.
    const bool keep = std::holds_alternative<ModelFiles>(model.source);
    return (*backend)->Load(*resolved, {.cache = keep ? cache.get() : nullptr}, deadline);
  }
};

}  // namespace

struct Host::State {
  std::shared_ptr<const Loader> loader;
  std::shared_ptr<Registry> registry;
  std::atomic<std::uint64_t> next_instance = 1;
};

Host::Host(std::unique_ptr<State> state) : state_(std::move(state)) {}
Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::Create(HostOptions options) {
  auto backends = BackendSet::Make(std::move(options.backends));
  if (!backends) return Fail(std::move(backends));
  std::unique_ptr<CompiledCache> cache;
  if (options.cache_dir) {
    auto opened = CompiledCache::Open(*options.cache_dir);
    if (!opened) return Fail(std::move(opened));
    cache = *std::move(opened);
  }
  auto state = std::make_unique<State>();
  state->loader = std::make_shared<const Loader>(*std::move(backends), std::move(cache));
  state->registry = NewDefaultRegistry(
      {.load = [loader = state->loader](
                   const Model& model, Deadline deadline) { return loader->Load(model, deadline); },
       .models = Budget::Make("max_models", options.limits.max_models),
       .failure_memory = options.failure_memory});
  return std::unique_ptr<Host>(new Host(std::move(state)));
}

Result<void> Host::Register(std::string_view name, Model model) {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return Fail(std::move(parsed));
  // What the content is of is known when it is read.
  if (model.encoding != Encoding::kAutodetect) {
    auto served = state_->loader->backends.For(model.encoding);
    if (!served) return Fail(std::move(served));
  }
  return state_->registry->Register({Scope::Host(), *std::move(parsed)}, std::move(model));
}

void Host::PrefetchAll() {
  for (const ModelStatus& model : Models()) state_->registry->Prefetch(model.key);
}

Result<Lease> Host::Acquire(std::string_view name, Deadline deadline) {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return Fail(std::move(parsed));
  return state_->registry->Acquire({Scope::Host(), *std::move(parsed)}, deadline);
}

std::vector<ModelStatus> Host::Models() const { return state_->registry->List(Scope::Host()); }

std::vector<const Backend*> Host::Backends() const { return state_->loader->backends.all(); }

std::unique_ptr<View> Host::NewView(Authority authority) {
  return std::make_unique<View>(authority, state_->next_instance.fetch_add(1), state_->registry);
}

}  // namespace namesake
