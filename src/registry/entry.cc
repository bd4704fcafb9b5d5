#include "registry/entry.h"

#include <exception>
#include <new>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/process_limits.h"
#include "base/text.h"

namespace namesake::registry {
namespace {

std::uint64_t NextId() {
  static std::atomic<std::uint64_t> next = 1;
  return next.fetch_add(1, std::memory_order_relaxed);
}

// Moves the paths out of the model.
std::vector<std::string> TakePaths(Model& model) {
  std::vector<std::string> paths;
  if (auto* const files = std::get_if<ModelFiles>(&model.source)) {
    for (const auto& path : files->paths) paths.push_back(path.native());
    files->paths = {};
  }
  return paths;
}

bool IsInMemory(const Model& model) { return std::holds_alternative<ModelBytes>(model.source); }

bool HasSource(const Model& model) {
  const auto* const bytes = std::get_if<ModelBytes>(&model.source);
  return bytes == nullptr || !bytes->parts.empty();
}

}  // namespace

Entry::Entry(Registration registration, std::shared_ptr<ModelPlace> place, EntryContext& context)
    : load_mode_(registration.load),
      origin_(registration.model.origin),
      id_(NextId()),
      account_(std::move(registration.account)),
      placement_(registration.placement),
      place_(std::move(place)),
      context_(context),
      pending_(registration.bytes.empty() && registration.until_loaded == nullptr
                   ? nullptr
                   : std::make_unique<Pending>(std::move(registration.bytes),
                                               std::move(registration.until_loaded))),
      model_(std::move(registration.model)),
      paths_(TakePaths(model_)) {}

Model Entry::FullModel() const {
  Model model = model_;
  if (auto* const files = std::get_if<ModelFiles>(&model.source)) {
    files->paths.assign(paths_.begin(), paths_.end());
  }
  return model;
}

std::shared_ptr<const Graph> Entry::TryUse() {
  const std::lock_guard lock(mutex_);
  if (state_ != ModelState::kReady) return nullptr;
  return Use();
}

// Records the time only for lazy models: reading the clock costs as much as the rest.
std::shared_ptr<const Graph> Entry::Use() {
  if (load_mode_ == LoadMode::kLazy) last_used_ = context_.now();
  // Keeps the entry alive with its graph, so that later callers for the same content find it.
  if (attached_ != nullptr) return {shared_from_this(), graph_};
  return {loaded_, graph_};
}

void Entry::Prefetch() { static_cast<void>(JoinOrStart(Asker::kPrefetches)); }

Result<Lease> Entry::Await(Deadline deadline) {
  // Repeats only if the loaded graph was evicted before this thread woke up, or if the load was
  // dropped just when this thread joined it.
  for (bool waited = false;;) {
    {
      const std::lock_guard lock(mutex_);
      if (state_ == ModelState::kReady) return Lease(Use());
      const bool failed = state_ == ModelState::kFailed && (waited || !IsLoadDue());
      if (failed) return std::unexpected(*failure_);
    }
    const auto turn = JoinOrStart(Asker::kWaits);
    waited = turn != nullptr;
    if (!waited) continue;
    if (turn->Await(deadline)) continue;
    Leave(*turn);
    return base::Fail(ErrorCode::kTimeout, "the model is still loading");
  }
}

ModelStatus Entry::Status(ModelKey key) const {
  const std::lock_guard lock(mutex_);
  const bool detected = model_.encoding == Encoding::kAutodetect && loaded_ != nullptr;
  return {.key = std::move(key),
          .encoding = detected ? loaded_->graph->encoding() : model_.encoding,
          .target = model_.target,
          .load = load_mode_,
          .origin = origin_,
          .state = state_,
          .model_bytes = loaded_ == nullptr ? 0 : loaded_->graph->model_bytes(),
          .load_time = load_time_,
          .failure = failure_ ? failure_->detail() : std::string(),
          .failure_id = failure_ ? failure_id_ : 0};
}

Result<Model> Entry::Variant(const BackendOptions& options) const {
  const std::lock_guard lock(mutex_);
  if (!HasSource(model_)) {
    return base::Fail(
        ErrorCode::kUnsupported,
        "a model that was given as bytes can't be loaded again with another configuration");
  }
  Model variant = FullModel();
  for (const auto& [key, value] : options) variant.options.insert_or_assign(key, value);
  // The options come from a guest, whoever owns the model.
  variant.origin = Origin::kGuest;
  return variant;
}

std::string Entry::SourceText() const {
  const std::lock_guard lock(mutex_);
  if (HasSource(model_) || loaded_ == nullptr) return namesake::SourceText(FullModel());
  return fmt::format("a model of {} in memory", base::SizeText(loaded_->graph->model_bytes()));
}

bool Entry::Idle() const {
  const std::lock_guard lock(mutex_);
  return state_ == ModelState::kRegistered || state_ == ModelState::kFailed;
}

Deadline::Clock::time_point Entry::last_used() const {
  const std::lock_guard lock(mutex_);
  return last_used_;
}

bool Entry::Evict() {
  std::shared_ptr<const Loaded> evicted;  // Destroyed after unlocking.
  const std::lock_guard lock(mutex_);
  // Uses of an entry with something attached do not show in `loaded_`'s count.
  if (load_mode_ != LoadMode::kLazy || attached_ != nullptr) return false;
  // Nobody can start another use while the mutex is held.
  if (loaded_.use_count() != 1) return false;
  evicted.swap(loaded_);
  graph_ = nullptr;
  state_ = ModelState::kRegistered;
  return true;
}

bool Entry::IsLoadDue() const {
  return state_ == ModelState::kRegistered ||
         (state_ == ModelState::kFailed && context_.now() >= retry_at_);
}

std::shared_ptr<LoadThreads::Turn> Entry::Join(Asker asker) noexcept {
  if (state_ != ModelState::kLoading) return nullptr;
  if (asker == Asker::kWaits) {
    ++loading_->waiters;
  } else {
    loading_->prefetched = true;
  }
  return loading_->turn;
}

std::shared_ptr<LoadThreads::Turn> Entry::JoinOrStart(Asker asker) {
  {
    const std::lock_guard lock(mutex_);
    if (auto turn = Join(asker)) return turn;
    if (!IsLoadDue()) return nullptr;
  }
  // Everything needed to start and to end the load is allocated before the state changes.
  auto loading = std::make_unique<Loading>();
  loading->out_of_memory = std::make_unique<const Error>(
      ErrorCode::kRuntimeError, "memory ran out while the model was loaded");
  // The thread keeps the entry alive: the last waiter may be gone when the load ends.
  loading->turn = std::make_shared<LoadThreads::Turn>(
      account_.get(), account_->limits().max_loads, [self = shared_from_this()] { self->Load(); });
  const auto turn = loading->turn;
  {
    const std::lock_guard lock(mutex_);
    if (auto other = Join(asker)) return other;
    if (!IsLoadDue()) return nullptr;
    state_ = ModelState::kLoading;
    loading_.swap(loading);
    failure_.reset();
    Join(asker);
  }
  try {
    context_.threads.Start(turn);
  } catch (const std::exception& error) {
    Settle(NotStarted(error), {});
    turn->Tell();
  }
  return turn;
}

Entry::Outcome Entry::NotStarted(const std::exception& error) noexcept {
  try {
    return {.failure = std::make_unique<const Error>(
                ErrorCode::kRuntimeError, "can't start a thread to load it",
                fmt::format("can't start a thread to load it: {}", base::NoThreadText(error))),
            .shortage = true};
  } catch (...) {
    return {.shortage = true};
  }
}

void Entry::Leave(LoadThreads::Turn& turn) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (loading_ == nullptr || loading_->turn.get() != &turn) return;
    if (--loading_->waiters > 0 || loading_->prefetched) return;
  }
  if (context_.threads.GiveUp(turn)) Drop(turn);
}

void Entry::Drop(LoadThreads::Turn& turn) noexcept {
  std::unique_ptr<Loading> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped = std::move(loading_);
    state_ = ModelState::kRegistered;
  }
  // Those who joined meanwhile start another load.
  turn.Tell();
  try {
    if (dropped->prefetched) Prefetch();
  } catch (const std::bad_alloc&) {
    // The next lookup loads it.
  }
}

void Entry::Load() noexcept {
  const auto start = Deadline::Clock::now();
  Outcome outcome = LoadNoThrow();
  pending_.reset();
  Settle(std::move(outcome), Deadline::Clock::now() - start);
}

Entry::Outcome Entry::LoadNoThrow() noexcept {
  try {
    auto loaded = LoadInWords();
    if (loaded) return {.loaded = *std::move(loaded)};
    // not_found is reserved for names, whatever a backend reports.
    Error error = std::move(loaded).error();
    if (error.code() == ErrorCode::kNotFound) error = error.WithCode(ErrorCode::kRuntimeError);
    const bool shortage = error.code() == ErrorCode::kResourceExhausted;
    return {.failure = std::make_unique<const Error>(std::move(error)), .shortage = shortage};
  } catch (...) {
    return {.shortage = true};  // Only a lack of memory gets here.
  }
}

Entry::LoadResult Entry::LoadInWords() {
  try {
    return LoadNow();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return base::FailInternal("loading {} threw: {}", namesake::SourceText(FullModel()),
                              error.what());
  } catch (...) {
    return base::FailInternal("loading {} threw something other than a std::exception",
                              namesake::SourceText(FullModel()));
  }
}

Entry::LoadResult Entry::LoadNow() {
  // Before loading, so that nothing can fail once the model is there to be evicted.
  if (load_mode_ == LoadMode::kLazy) context_.memory.Add(account_, shared_from_this());
  Reservation bytes = pending_ ? std::move(pending_->bytes) : Reservation();
  const Model model = FullModel();
  if (bytes.empty()) {
    const auto size = context_.loader->Measure(model);
    if (!size) return base::Fail(size);
    if (auto checked = account_->CheckModelBytes(*size); !checked) {
      return base::Fail(std::move(checked));
    }
    auto reserved = context_.memory.Reserve(account_, *size);
    if (!reserved) return base::Fail(std::move(reserved));
    bytes = *std::move(reserved);
  }
  auto graph = context_.loader->Load(model, placement_, Deadline::Never());
  if (!graph) return base::Fail(std::move(graph));
  // The files may have changed since they were measured.
  if (auto sized = bytes.Resize((*graph)->model_bytes()); !sized) {
    return base::Fail(std::move(sized));
  }
  return std::make_shared<const Loaded>(place_, std::move(bytes), *std::move(graph));
}

void Entry::Settle(Outcome outcome, std::chrono::nanoseconds load_time) noexcept {
  // Destroyed after unlocking, like the outcome.
  std::unique_ptr<Loading> ended;
  decltype(Model::source) source;
  const std::lock_guard lock(mutex_);
  ended.swap(loading_);
  load_time_ = load_time;
  if (outcome.loaded != nullptr) {
    loaded_.swap(outcome.loaded);
    graph_ = loaded_->graph.get();
    state_ = ModelState::kReady;
    last_used_ = context_.now();
    // A graph that needs the model's bytes keeps them itself.
    if (IsInMemory(model_) && load_mode_ == LoadMode::kEager) {
      source = std::exchange(model_.source, ModelBytes{});
    }
    return;
  }
  // Each lookup may meet the shortage again. All share one id, so that they are reported once.
  failure_id_ = outcome.shortage ? id_ : NextId();
  failure_ = std::move(outcome.failure != nullptr ? outcome.failure : ended->out_of_memory);
  retry_at_ =
      context_.now() + (outcome.shortage ? std::chrono::nanoseconds(0) : context_.failed_load_ttl);
  state_ = ModelState::kFailed;
}

}  // namespace namesake::registry
