#include "graph/cache_slot.h"

#include <future>
#include <string>
#include <system_error>
#include <utility>

#include "base/fail.h"
#include "base/log.h"
#include "graph/layout_content.h"

namespace namesake::graph {
namespace {

class CacheSlot : public CompiledSlot {
 public:
  CacheSlot(ModelLayout layout, std::string stamp, std::shared_ptr<CompiledCache> cache,
            const CacheKey& key, FormOrigin origin)
      : layout_(std::move(layout)),
        stamp_(std::move(stamp)),
        cache_(std::move(cache)),
        key_(key),
        origin_(std::move(origin)) {}

  std::optional<CachedEntry> Find() override { return cache_->Find(key_); }
  std::optional<CachedFile> FindFile() override { return cache_->FindFile(key_); }
  const CacheKey* key() const override { return &key_; }

  void Discard(std::string_view reason) override {
    base::Log().warn("compiling {} again: its compiled form in the cache is unusable: {}",
                     layout_.name.for_operator(), reason);
    cache_->Remove(key_);
  }

  void Store(const std::function<void(std::ostream&)>& write) override {
    // If a file has changed meanwhile, the model hashed may not be the model read.
    if (stamp_ != StampOf(layout_).content) return;
    const auto stored = cache_->Store(key_, origin_, write);
    if (stored) return;
    // A form beyond the limit says nothing of the others.
    const bool is_new = stored.error().code() == ErrorCode::kTooLarge || cache_->TakeFirstFailure();
    base::Log().log(is_new ? spdlog::level::warn : spdlog::level::debug,
                    "{} is not kept in the compiled cache: {}", layout_.name.for_operator(),
                    stored.error().detail());
  }

 private:
  const ModelLayout layout_;
  const std::string stamp_;
  const std::shared_ptr<CompiledCache> cache_;
  const CacheKey key_;
  const FormOrigin origin_;
};

// Runs on a thread of its own if there is one, so that the caller can hash the model meanwhile: the
// first call starts the backend's library.
std::future<Result<FormIdentity>> Identify(const Backend& backend, const Model& model,
                                           const LoadOptions& options) {
  const auto identify = [&] { return backend.IdentifyForm(model, options); };
  try {
    return std::async(std::launch::async, identify);
  } catch (const std::system_error&) {
    return std::async(std::launch::deferred, identify);
  }
}

}  // namespace

Result<std::unique_ptr<CompiledSlot>> FindSlot(const Backend& backend, const Model& model,
                                               const ModelLayout& layout,
                                               const LoadOptions& options) {
  auto identity = Identify(backend, model, options);
  std::string stamp = StampOf(layout).content;
  CacheKey::Builder key;
  key.Add(backend.name());
  key.Add(EncodingName(layout.encoding));
  const auto added = AddContent(layout, key);
  const Result<FormIdentity> identified = identity.get();
  if (!identified) return base::Fail(identified);
  if (!added) return base::Fail(added);
  if (identified->version.empty()) return nullptr;
  key.Add(identified->version);
  key.Add(identified->details);
  options.cache->UseVersion(backend.name(), identified->version);
  FormOrigin origin = {.backend = std::string(backend.name()),
                       .version = identified->version,
                       .model = layout.name.for_operator(),
                       .encoding = std::string(EncodingName(layout.encoding))};
  return std::make_unique<CacheSlot>(layout, std::move(stamp), options.cache, key.Finish(),
                                     std::move(origin));
}

}  // namespace namesake::graph
