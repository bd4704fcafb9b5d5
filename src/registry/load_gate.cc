#include "registry/load_gate.h"

#include <fmt/format.h>

#include <iterator>
#include <variant>

namespace namesake::registry {
namespace {

// Equal for equal models; bytes are equal here if they are the same object.
std::string TextOf(const Model& model) {
  std::string text = fmt::format("{}\n{}\n{}\n{}\n", EncodingName(model.encoding),
                                 TargetName(model.target), model.backend, model.warm_up);
  const auto add = [&](const auto& part) {
    fmt::format_to(std::back_inserter(text), "{}:{}\n", fmt::formatted_size("{}", part), part);
  };
  for (const auto& [key, value] : model.options) {
    add(key);
    add(value);
  }
  if (const auto* const files = std::get_if<ModelFiles>(&model.source)) {
    for (const auto& path : files->paths) add(path.native());
  } else {
    for (const Blob& part : std::get<ModelBytes>(model.source).parts) {
      add(fmt::ptr(part.get()));
    }
  }
  return text;
}

}  // namespace

LoadGate::Turn::Turn(LoadGate& gate, const Model& model, const Placement& placement)
    : gate_(gate), key_(placement, TextOf(model)) {
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
