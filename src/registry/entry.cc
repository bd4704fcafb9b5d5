#include "registry/entry.h"

#include <exception>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/text.h"

namespace namesake {
namespace {

std::uint64_t NextId() {
  static std::atomic<std::uint64_t> next = 1;
  return next.fetch_add(1, std::memory_order_relaxed);
}

// Takes the paths out of the model.
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

void Entry::LoadEnd::Tell() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  ended_.notify_all();
}

bool Entry::LoadEnd::Await(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto has_ended = [this] { return has_ended_; };
  if (!deadline.never()) return ended_.wait_until(lock, *deadline.when(), has_ended);
  ended_.wait(lock, has_ended);
  return true;
}

std::shared_ptr<const Graph> Entry::TryUse() {
  const std::lock_guard lock(mutex_);
  if (state_ != ModelState::kReady) return nullptr;
  return Use();
}

// A time is kept only where somebody asks for it: reading the clock costs as much as the rest.
std::shared_ptr<const Graph> Entry::Use() {
  if (load_mode_ == LoadMode::kLazy) last_used_ = context_.now();
  // Who asks for the same later finds the entry as long as anybody uses it.
  if (attached_ != nullptr) return {shared_from_this(), graph_};
  return {loaded_, graph_};
}

void Entry::Prefetch() {
  const std::lock_guard lock(mutex_);
  StartLoadIfDue();
}

Result<Lease> Entry::Await(Deadline deadline) {
  std::unique_lock lock(mutex_);
  bool waited = false;
  // More than once only where what was loaded is evicted before this thread has woken up.
  while (state_ != ModelState::kReady) {
    if (!waited) StartLoadIfDue();
    waited = false;
    if (state_ == ModelState::kFailed) return std::unexpected(*failure_);
    if (state_ != ModelState::kLoading) continue;
    const std::shared_ptr<LoadEnd> end = load_end_;
    lock.unlock();
    if (!end->Await(deadline)) return Fail(ErrorCode::kTimeout, "the model is still loading");
    lock.lock();
    waited = true;
  }
  return Lease(Use());
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
          .failure = failure_ ? failure_->message() : std::string()};
}

Result<Model> Entry::Variant(const BackendOptions& options) const {
  const std::lock_guard lock(mutex_);
  if (!HasSource(model_)) {
    return Fail(ErrorCode::kUnsupported,
                "a model that was given as bytes can't be loaded again with another configuration");
  }
  Model variant = FullModel();
  for (const auto& [key, value] : options) variant.options.insert_or_assign(key, value);
  // Its options are a guest's, whosever the model is.
  variant.origin = Origin::kGuest;
  return variant;
}

std::string Entry::SourceText() const {
  const std::lock_guard lock(mutex_);
  if (HasSource(model_) || loaded_ == nullptr) return namesake::SourceText(FullModel());
  return fmt::format("a model of {} in memory", SizeText(loaded_->graph->model_bytes()));
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
  std::shared_ptr<const Loaded> evicted;  // Ends after the lock.
  const std::lock_guard lock(mutex_);
  // Uses of an entry with something attached do not count in `loaded_`.
  if (load_mode_ != LoadMode::kLazy || attached_ != nullptr) return false;
  // Nobody gets another use of it while the mutex is held.
  if (loaded_.use_count() != 1) return false;
  evicted.swap(loaded_);
  graph_ = nullptr;
  state_ = ModelState::kRegistered;
  return true;
}

void Entry::StartLoadIfDue() {
  const bool due = state_ == ModelState::kRegistered ||
                   (state_ == ModelState::kFailed && context_.now() >= retry_at_);
  if (!due) return;
  state_ = ModelState::kLoading;
  load_end_ = std::make_shared<LoadEnd>();
  failure_.reset();
  try {
    // The thread keeps the entry: the last waiter may have gone by the time the load ends.
    context_.threads.Run(account_.get(), account_->limits().max_loads,
                         [self = shared_from_this()]() mutable { Load(std::move(self)); });
  } catch (const std::exception& error) {
    Settle(Fail(ErrorCode::kRuntimeError, "no thread to load it: {}", error.what()));
    load_end_.reset();
  }
}

void Entry::Load(std::shared_ptr<Entry> self) {
  const auto start = Deadline::Clock::now();
  auto loaded = self->LoadNoThrow();
  self->pending_.reset();
  if (loaded && self->load_mode_ == LoadMode::kLazy) {
    self->context_.memory.Add(self->account_.get(), self);
  }
  std::shared_ptr<LoadEnd> end;
  {
    const std::lock_guard lock(self->mutex_);
    self->load_time_ = Deadline::Clock::now() - start;
    self->Settle(std::move(loaded));
    end = std::exchange(self->load_end_, nullptr);
  }
  self.reset();
  end->Tell();
}

Entry::LoadResult Entry::LoadNoThrow() {
  try {
    return LoadNow();
  } catch (const std::exception& error) {
    return Fail(ErrorCode::kInternal, "loading {} threw: {}", namesake::SourceText(FullModel()),
                error.what());
  } catch (...) {
    return Fail(ErrorCode::kInternal, "loading {} threw what is no std::exception",
                namesake::SourceText(FullModel()));
  }
}

Entry::LoadResult Entry::LoadNow() {
  Reservation bytes = pending_ ? std::move(pending_->bytes) : Reservation();
  const Model model = FullModel();
  if (bytes.empty()) {
    const auto size = context_.loader->Measure(model);
    if (!size) return std::unexpected(size.error());
    if (auto checked = account_->CheckModelBytes(*size); !checked) return Fail(std::move(checked));
    auto reserved = context_.memory.Reserve(account_, *size);
    if (!reserved) return Fail(std::move(reserved));
    bytes = *std::move(reserved);
  }
  auto graph = context_.loader->Load(model, Deadline::Never());
  if (!graph) return Fail(std::move(graph));
  // The files may have changed since they were measured.
  if (auto sized = bytes.Resize((*graph)->model_bytes()); !sized) return Fail(std::move(sized));
  return std::make_shared<const Loaded>(place_, std::move(bytes), *std::move(graph));
}

void Entry::Settle(LoadResult loaded) {
  if (loaded) {
    loaded_ = *std::move(loaded);
    graph_ = loaded_->graph.get();
    state_ = ModelState::kReady;
    last_used_ = context_.now();
    // A graph that reads a model's bytes keeps them itself.
    if (IsInMemory(model_) && load_mode_ == LoadMode::kEager) model_.source = ModelBytes{};
    return;
  }
  // not_found is the answer for names alone, whatever a backend says.
  const ErrorCode code = loaded.error().code();
  failure_ = std::make_unique<const Error>(
      code == ErrorCode::kNotFound ? ErrorCode::kRuntimeError : code, loaded.error().message());
  // A shortage may be over any time, and is found out before anything costly is done.
  const bool shortage = code == ErrorCode::kTooLarge;
  retry_at_ = context_.now() + (shortage ? std::chrono::nanoseconds(0) : context_.failure_memory);
  state_ = ModelState::kFailed;
}

}  // namespace namesake
