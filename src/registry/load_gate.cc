#include "registry/load_gate.h"

#include <fmt/format.h>

#include <variant>

#include "graph/backend_options.h"

namespace namesake::registry {
namespace {

// Equal for equal models. Bytes are equal here if they are the same object.
CacheKey::Digest DigestOf(const Model& model) {
  CacheKey::Builder key;
  key.Add(EncodingName(model.encoding));
  key.Add(TargetName(model.target));
  key.Add(model.backend);
  key.Add(model.warm_up ? "warm" : "cold");
  graph::AddOptions(model.options, key);
  key.Add("source");
  if (const auto* const files = std::get_if<ModelFiles>(&model.source)) {
    for (const auto& path : files->paths) key.Add(path.native());
  } else {
    for (const Blob& part : std::get<ModelBytes>(model.source).parts) {
      key.Add(fmt::format("{}", fmt::ptr(part.get())));
    }
  }
  return key.Finish().digest();
}

}  // namespace

LoadGate::Turn::Turn(LoadGate& gate, const Model& model, const Placement& placement)
    : gate_(gate), key_(placement, DigestOf(model)) {
  {
    const std::lock_guard lock(gate_.mutex_);
    auto& mutex = gate_.loading_[key_];
    if (mutex == nullptr) mutex = std::make_shared<std::mutex>();
    mutex_ = mutex;
  }
  mutex_->lock();
}

LoadGate::Turn::~Turn() {
  mutex_->unlock();
  const std::lock_guard lock(gate_.mutex_);
  mutex_.reset();
  const auto found = gate_.loading_.find(key_);
  // The table's own is the last one.
  if (found != gate_.loading_.end() && found->second.use_count() == 1) gate_.loading_.erase(found);
}

}  // namespace namesake::registry
