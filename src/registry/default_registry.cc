#include "registry/default_registry.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "base/fail.h"
#include "base/log.h"
#include "registry/load_threads.h"

namespace namesake {
namespace {

struct KeyHash {
  std::size_t operator()(const ModelKey& key) const noexcept {
    const std::size_t scope = key.scope.id() * 4 + static_cast<std::size_t>(key.scope.kind());
    return std::hash<ModelName>{}(key.name) ^
           (std::hash<std::size_t>{}(scope) * 0x9E3779B97F4A7C15);
  }
};

// Apart from the entry it serves, so that the thread that ends a load can let go of the entry
// before it wakes the waiters: whoever learns of the end finds the entry's place free again.
struct Sync {
  std::mutex mutex;
  std::condition_variable settled;
};

// One model, its place under `max_models`, and what became of loading it.
class Entry : public std::enable_shared_from_this<Entry> {
 public:
  Entry(Model model, Reservation place, const DefaultRegistryOptions& options, LoadThreads& threads)
      : encoding_(model.encoding),
        target_(model.target),
        source_(SourceText(model)),
        model_(std::move(model)),
        place_(std::move(place)),
        options_(options),
        threads_(threads) {}

  // What a person calls the model's source.
  const std::string& source() const { return source_; }

  void Prefetch() {
    const std::lock_guard lock(sync_->mutex);
    StartLoadIfDue();
  }

  Result<Lease> Await(Deadline deadline) {
    std::unique_lock lock(sync_->mutex);
    StartLoadIfDue();
    const auto settled = [this] { return state_ != ModelState::kLoading; };
    if (deadline.never()) {
      sync_->settled.wait(lock, settled);
    } else if (!sync_->settled.wait_until(lock, *deadline.when(), settled)) {
      return Fail(ErrorCode::kTimeout, "{} is still loading", source_);
    }
    if (state_ == ModelState::kFailed) return std::unexpected(*failure_);
    return Lease(graph_, shared_from_this());
  }

  ModelStatus Status(ModelKey key) const {
    const std::lock_guard lock(sync_->mutex);
    return {.key = std::move(key),
            .encoding = StatusEncoding(),
            .target = target_,
            .state = state_,
            .model_bytes = graph_ == nullptr ? 0 : graph_->model_bytes(),
            .load_time = load_time_,
            .failure = failure_ ? failure_->message() : std::string()};
  }

 private:
  // With the mutex held.
  Encoding StatusEncoding() const {
    return encoding_ == Encoding::kAutodetect && graph_ != nullptr ? graph_->encoding() : encoding_;
  }

  // With the mutex held.
  void StartLoadIfDue() {
    const bool due = state_ == ModelState::kRegistered ||
                     (state_ == ModelState::kFailed && options_.now() >= retry_at_);
    if (!due) return;
    state_ = ModelState::kLoading;
    failure_.reset();
    try {
      // The thread keeps the entry: the last waiter may have gone by the time the load ends.
      threads_.Run([self = shared_from_this()]() mutable { Load(std::move(self)); });
    } catch (const std::system_error& error) {
      SettleLocked(Fail(ErrorCode::kRuntimeError, "no thread to load it: {}", error.what()));
    }
  }

  static void Load(std::shared_ptr<Entry> self) {
    const std::shared_ptr<Sync> sync = self->sync_;
    const auto start = Deadline::Clock::now();
    auto loaded = self->LoadNoThrow();
    // A graph that reads a model's bytes keeps them itself, and a load that failed needs them
    // again.
    if (loaded) self->model_.source = {};
    const std::lock_guard lock(sync->mutex);
    self->load_time_ = Deadline::Clock::now() - start;
    self->SettleLocked(std::move(loaded));
    self.reset();
    sync->settled.notify_all();
  }

  Result<std::shared_ptr<const Graph>> LoadNoThrow() const {
    try {
      return options_.load(model_, Deadline::Never());
    } catch (const std::exception& error) {
      return Fail(ErrorCode::kInternal, "loading {} threw: {}", source_, error.what());
    }
  }

  void SettleLocked(Result<std::shared_ptr<const Graph>> loaded) {
    if (loaded) {
      graph_ = *std::move(loaded);
      state_ = ModelState::kReady;
    } else {
      // not_found is the answer for names alone, whatever a backend says.
      const ErrorCode code = loaded.error().code();
      failure_ = Error(code == ErrorCode::kNotFound ? ErrorCode::kRuntimeError : code,
                       loaded.error().message());
      retry_at_ = options_.now() + options_.failure_memory;
      state_ = ModelState::kFailed;
    }
  }

  const Encoding encoding_;
  const Target target_;
  const std::string source_;
  Model model_;  // The load's alone.
  const Reservation place_;
  const DefaultRegistryOptions& options_;  // The registry's; it outlives every entry that loads.
  LoadThreads& threads_;

  const std::shared_ptr<Sync> sync_ = std::make_shared<Sync>();
  // Guarded by sync_->mutex:
  ModelState state_ = ModelState::kRegistered;
  std::shared_ptr<const Graph> graph_;  // Set when ready.
  std::optional<Error> failure_;        // Set when failed.
  Deadline::Clock::time_point retry_at_;
  std::chrono::nanoseconds load_time_{};
};

class DefaultRegistry : public Registry {
 public:
  explicit DefaultRegistry(DefaultRegistryOptions options) : options_(std::move(options)) {}

  Result<void> Register(const ModelKey& key, Model model) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) {
      return Fail(ErrorCode::kInvalidArgument,
                  "the name \"{}\" is taken: it stands for {} and can't stand for {} too",
                  key.name.text(), found->second->source(), SourceText(model));
    }
    auto entry = NewEntry(std::move(model));
    if (!entry) return Fail(std::move(entry));
    entries_.emplace(key, *std::move(entry));
    return {};
  }

  void Prefetch(const ModelKey& key) override {
    if (const auto entry = Find(key)) entry->Prefetch();
  }

  Result<Lease> Acquire(const ModelKey& key, Deadline deadline) override {
    const auto entry = Find(key);
    if (entry == nullptr) {
      return Fail(ErrorCode::kNotFound, "there is no model \"{}\"", key.name.text());
    }
    return entry->Await(deadline);
  }

  Result<Lease> LoadUnnamed(Model model, Deadline deadline) override {
    auto entry = NewEntry(std::move(model));
    if (!entry) return Fail(std::move(entry));
    return (*entry)->Await(deadline);
  }

  std::vector<ModelStatus> List(const Scope& scope) const override {
    std::vector<ModelStatus> models;
    {
      const std::shared_lock lock(mutex_);
      for (const auto& [key, entry] : entries_) {
        if (key.scope == scope) models.push_back(entry->Status(key));
      }
    }
    std::ranges::sort(models, {}, [](const ModelStatus& status) { return status.key.name; });
    return models;
  }

 private:
  Result<std::shared_ptr<Entry>> NewEntry(Model model) {
    auto place = options_.models->Reserve(1);
    if (!place) return Fail(std::move(place));
    return std::make_shared<Entry>(std::move(model), *std::move(place), options_, threads_);
  }

  std::shared_ptr<Entry> Find(const ModelKey& key) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
  }

  const DefaultRegistryOptions options_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<ModelKey, std::shared_ptr<Entry>, KeyHash> entries_;  // Guarded by mutex_.
  LoadThreads threads_;  // Last: its threads use what stands above.
};

}  // namespace

std::string_view ModelStateName(ModelState state) {
  switch (state) {
    case ModelState::kRegistered:
      return "registered";
    case ModelState::kLoading:
      return "loading";
    case ModelState::kReady:
      return "ready";
    case ModelState::kFailed:
      return "failed";
  }
  return "failed";
}

std::shared_ptr<Registry> NewDefaultRegistry(DefaultRegistryOptions options) {
  return std::make_shared<DefaultRegistry>(std::move(options));
}

}  // namespace namesake
