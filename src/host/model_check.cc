#include "host/model_check.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/fail.h"
#include "graph/detect.h"
#include "host/backend_set.h"

namespace namesake::host {
namespace {

constexpr std::string_view kFirstPath = "paths[0]";

class Checker {
 public:
  Checker(const ConfiguredModel& model, std::span<const Backend* const> backends,
          const EncodingBackends& first, TargetChecks& targets)
      : configured_(model),
        model_(model.model),
        backends_(backends),
        first_(first),
        targets_(targets) {}

  ModelCheck Check() {
    check_.problems = UnreadableFiles(configured_);
    const bool readable = check_.problems.empty();
    if (readable) Resolve();
    CheckName();
    const Backend* const backend = FindBackend();
    if (backend == nullptr) return std::move(check_);
    if (backend_is_known_) CheckSettings(*backend);
    if (readable && model_.encoding != Encoding::kAutodetect) Measure(*backend);
    return std::move(check_);
  }

 private:
  void Add(std::initializer_list<std::string_view> keys, std::string message) {
    check_.problems.push_back({configured_.PlaceOf(keys), std::move(message)});
  }

  void Resolve() {
    auto resolved = graph::ResolveEncoding(model_);
    if (!resolved) return Add({kFirstPath}, resolved.error().detail());
    model_ = *std::move(resolved);
  }

  // Continues without an unknown backend, to find further problems.
  void CheckName() {
    if (model_.backend.empty()) return;
    std::vector<std::string_view> names;
    for (const Backend* backend : backends_) names.push_back(backend->name());
    if (std::ranges::find(names, model_.backend) != names.end()) return;
    Add({"backend"}, NoBackend(model_.backend, names).error().detail());
    model_.backend.clear();
    backend_is_known_ = false;
  }

  // Null if the backend can't be determined, or none reads the encoding.
  const Backend* FindBackend() {
    if (model_.encoding != Encoding::kAutodetect) {
      const auto index = host::FindBackend(model_, backends_, first_);
      if (index) return backends_[*index];
      Add({"encoding", "backend", kFirstPath}, index.error().detail());
      return nullptr;
    }
    const auto is_named = [&](const Backend* backend) { return backend->name() == model_.backend; };
    const auto named = std::ranges::find_if(backends_, is_named);
    if (named != backends_.end()) return *named;
    return backends_.size() == 1 ? backends_.front() : nullptr;
  }

  void CheckSettings(const Backend& backend) {
    for (OptionProblem& problem : backend.CheckOptions(model_)) {
      Add({"options." + problem.key}, std::move(problem.message));
    }
    // Every machine has a CPU, and checking for other devices may be slow.
    if (model_.target == Target::kCpu) return;
    const auto& device = targets_.Check(backend, model_.target);
    if (!device) Add({"target"}, device.error().detail());
  }

  void Measure(const Backend& backend) {
    const auto bytes = backend.Measure(model_);
    if (bytes) {
      check_.bytes = *bytes;
    } else if (bytes.error().code() == ErrorCode::kInvalidEncoding) {
      Add({"encoding", kFirstPath}, bytes.error().detail());
    } else {
      Add({kFirstPath}, bytes.error().detail());
    }
  }

  const ConfiguredModel& configured_;
  // With what has been found out so far.
  Model model_;
  std::span<const Backend* const> backends_;
  const EncodingBackends& first_;
  TargetChecks& targets_;
  bool backend_is_known_ = true;
  ModelCheck check_{};
};

}  // namespace

const Result<void>& TargetChecks::Check(const Backend& backend, Target target) {
  const std::pair key(&backend, target);
  const auto found = checked_.find(key);
  if (found != checked_.end()) return found->second;
  return checked_.emplace(key, backend.CheckTarget(target)).first->second;
}

ModelCheck CheckModel(const ConfiguredModel& model, std::span<const Backend* const> backends,
                      const EncodingBackends& first, TargetChecks& targets) {
  return Checker(model, backends, first, targets).Check();
}

ConfigPlace PlaceOfError(const ConfiguredModel& model, const Error& error,
                         std::span<const Backend* const> backends, const EncodingBackends& first) {
  // No file defines the model.
  if (model.places.empty()) return model.place;
  TargetChecks targets;
  for (ConfigProblem& problem : CheckModel(model, backends, first, targets).problems) {
    if (problem.message == error.detail()) return std::move(problem.place);
  }
  return model.PlaceOf({kFirstPath});
}

}  // namespace namesake::host
