#include "registry/entry.h"

#include <exception>
#include <list>
#include <new>
#include <tuple>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/next_id.h"
#include "base/process_limits.h"
#include "base/text.h"

namespace namesake::registry {
namespace {

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
    : first_(registration.placement),
      load_mode_(registration.load),
      origin_(registration.model.origin),
      isolation_(registration.model.isolation),
      is_shared_(registration.placement.is_host()),
      id_(base::NextId()),
      account_(std::move(registration.account)),
      place_(std::move(place)),
      context_(context),
      pending_(registration.bytes.empty() && registration.until_loaded == nullptr
                   ? nullptr
                   : std::make_unique<Pending>(std::move(registration.bytes),
                                               std::move(registration.until_loaded))),
      model_(std::move(registration.model)),
      paths_(TakePaths(model_)) {}

// ------------------------------------------------------------------------------------- slots

const Entry::Slot* Entry::Find(const Placement& placement) const {
  if (is_first_taken_ && first_.placement == placement) return &first_;
  if (others_ == nullptr) return nullptr;
  const auto found = others_->find(placement);
  return found == others_->end() ? nullptr : &found->second;
}

Entry::Slot* Entry::Find(const Placement& placement) {
  return const_cast<Slot*>(std::as_const(*this).Find(placement));
}

Entry::Slot& Entry::SlotOf(const Placement& placement) {
  const std::lock_guard lock(mutex_);
  if (Slot* const found = Find(placement)) return *found;
  if (!std::exchange(is_first_taken_, true)) {
    first_.placement = placement;
    return first_;
  }
  if (others_ == nullptr) others_ = std::make_unique<std::unordered_map<Placement, Slot>>();
  return others_->try_emplace(placement, placement).first->second;
}

void Entry::ForEachSlot(const std::function<void(const Slot&)>& visit) const {
  if (is_first_taken_) visit(first_);
  if (others_ == nullptr) return;
  for (const auto& [placement, slot] : *others_) visit(slot);
}

std::vector<Placement> Entry::Placements() const {
  std::vector<Placement> placements;
  const std::lock_guard lock(mutex_);
  ForEachSlot([&](const Slot& slot) {
    const bool is_used = slot.state == ModelState::kLoading || slot.state == ModelState::kReady;
    if (is_used) placements.push_back(slot.placement);
  });
  return placements;
}

// ------------------------------------------------------------------------------------- use

std::optional<Lease> Entry::TryUse(const Placement& user) {
  const Placement placement = PlacementOf(user);
  const std::lock_guard lock(mutex_);
  Slot* const slot = Find(placement);
  if (slot == nullptr || slot->state != ModelState::kReady) return std::nullopt;
  return Use(*slot, placement);
}

// Records the time only for lazy models: reading the clock costs as much as the rest.
Lease Entry::Use(Slot& slot, const Placement& placement) {
  if (load_mode_ == LoadMode::kLazy) slot.last_used = context_.now();
  // Keeps the entry alive with its graph, so that later callers for the same content find it.
  if (attached_ != nullptr) return {{shared_from_this(), slot.graph}, placement};
  return {{slot.loaded, slot.graph}, placement};
}

void Entry::Prefetch(const Placement& user) {
  static_cast<void>(JoinOrStart(SlotOf(PlacementOf(user)), Asker::kPrefetches));
}

Result<Lease> Entry::Await(const Placement& user, Deadline deadline) {
  const Placement placement = PlacementOf(user);
  Slot& slot = SlotOf(placement);
  // Repeats only if the loaded graph was evicted before this thread woke up, or if the load was
  // dropped just when this thread joined it.
  for (bool waited = false;;) {
    {
      const std::lock_guard lock(mutex_);
      if (slot.state == ModelState::kReady) return Use(slot, placement);
      const bool failed = slot.state == ModelState::kFailed && (waited || !IsLoadDue(slot));
      if (failed) return std::unexpected(*slot.failure);
    }
    const auto turn = JoinOrStart(slot, Asker::kWaits);
    waited = turn != nullptr;
    if (!waited) continue;
    if (turn->Await(deadline)) continue;
    Leave(slot, *turn);
    return base::Fail(ErrorCode::kTimeout, "the model is still loading");
  }
}

Result<void> Entry::AwaitMost(std::span<const Placement> users, Deadline deadline) {
  // Starts or joins a load without waiting for it, so that all run before the first is awaited, and
  // leaves it at the end.
  struct Waiter {
    Waiter(Entry& its_entry, const Placement& user)
        : entry(its_entry),
          slot(entry.SlotOf(entry.PlacementOf(user))),
          turn(entry.JoinOrStart(slot, Asker::kWaits)) {}
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() {
      if (turn != nullptr) entry.Leave(slot, *turn);
    }

    Entry& entry;
    Slot& slot;
    const std::shared_ptr<LoadThreads::Turn> turn;
  };
  std::list<Waiter> waiters;
  for (const Placement& user : users) waiters.emplace_back(*this, user);
  std::vector<Lease> loaded;  // None is evicted for the next.
  std::optional<Error> failure;
  for (const Placement& user : users) {
    auto lease = Await(user, deadline);
    if (lease) {
      loaded.push_back(*std::move(lease));
    } else if (ServesAll(PlacementOf(user).isolation())) {
      return base::Fail(std::move(lease));
    } else if (!failure) {
      failure = std::move(lease).error();
    }
  }
  if (failure && loaded.empty()) return std::unexpected(*std::move(failure));
  return {};
}

ModelStatus Entry::Status(ModelKey key, const Placement& user) const {
  const Placement placement = PlacementOf(user);
  ModelStatus status = {.key = std::move(key),
                        .encoding = {},
                        .target = {},
                        .load = load_mode_,
                        .origin = origin_,
                        .state = ModelState::kRegistered,
                        .model_bytes = 0,
                        .load_time = {},
                        .failure = {},
                        .isolation = placement.isolation()};
  const std::lock_guard lock(mutex_);
  status.encoding = model_.encoding;
  status.target = model_.target;
  const Slot* const slot = Find(placement);
  if (slot == nullptr) return status;
  status.state = slot->state;
  status.load_time = slot->load_time;
  if (slot->loaded != nullptr) {
    const Graph& graph = *slot->loaded->graph;
    if (model_.encoding == Encoding::kAutodetect) status.encoding = graph.encoding();
    status.model_bytes = graph.model_bytes();
  }
  if (slot->failure != nullptr) {
    status.failure = slot->failure->detail();
    status.failure_id = slot->failure_id;
  }
  return status;
}

// ------------------------------------------------------------------------------------- the model

Model Entry::FullModel() const {
  Model model = model_;
  if (auto* const files = std::get_if<ModelFiles>(&model.source)) {
    files->paths.assign(paths_.begin(), paths_.end());
  }
  return model;
}

Result<Model> Entry::CopyModel() const {
  const std::lock_guard lock(mutex_);
  if (HasSource(model_)) return FullModel();
  return base::Fail(ErrorCode::kUnsupported,
                    "the model was given as bytes, which the host has not kept for another user");
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
  std::optional<std::uint64_t> bytes;
  if (!HasSource(model_)) {
    ForEachSlot([&](const Slot& slot) {
      if (slot.loaded != nullptr) bytes = slot.loaded->graph->model_bytes();
    });
  }
  if (!bytes) return namesake::SourceText(FullModel());
  return fmt::format("a model of {} in memory", base::SizeText(*bytes));
}

// An eager model in memory needs no source once it is loaded for its only user: a graph that needs
// the bytes keeps them itself.
decltype(Model::source) Entry::TakeSpentSource() noexcept {
  const bool has_one_slot = !is_shared_ || (isolation_ && ServesAll(*isolation_));
  if (!IsInMemory(model_) || load_mode_ != LoadMode::kEager || !has_one_slot) return {};
  return std::exchange(model_.source, ModelBytes{});
}

// ------------------------------------------------------------------------------------- eviction

Deadline::Clock::time_point Entry::LastUsed(const Placement& placement) const {
  const std::lock_guard lock(mutex_);
  const Slot* const slot = Find(placement);
  return slot == nullptr ? Deadline::Clock::time_point() : slot->last_used;
}

bool Entry::Evict(const Placement& placement) {
  std::shared_ptr<const Loaded> evicted;  // Destroyed after unlocking.
  const std::lock_guard lock(mutex_);
  // Uses of an entry with something attached do not show in the count of `loaded`.
  if (load_mode_ != LoadMode::kLazy || attached_ != nullptr) return false;
  Slot* const slot = Find(placement);
  // Nobody can start another use while the mutex is held.
  if (slot == nullptr || slot->loaded.use_count() != 1) return false;
  evicted.swap(slot->loaded);
  slot->graph = nullptr;
  slot->state = ModelState::kRegistered;
  return true;
}

// ------------------------------------------------------------------------------------- loads

bool Entry::IsLoadDue(const Slot& slot) const {
  return slot.state == ModelState::kRegistered ||
         (slot.state == ModelState::kFailed && context_.now() >= slot.retry_at);
}

std::shared_ptr<LoadThreads::Turn> Entry::Join(Slot& slot, Asker asker) noexcept {
  if (slot.state != ModelState::kLoading) return nullptr;
  if (asker == Asker::kWaits) {
    ++slot.loading->waiters;
  } else {
    slot.loading->prefetched = true;
  }
  return slot.loading->turn;
}

std::optional<std::uint64_t> Entry::MaxLoads(const Placement& placement) const {
  // The eager models that a tenant sees all load when it begins to work.
  constexpr std::uint64_t kMostInAWorker = 2;
  const auto& limit = account_->limits().max_loads;
  if (limit || !is_shared_ || placement.isolation() != Isolation::kTenant) return limit;
  return kMostInAWorker;
}

std::unique_ptr<Entry::Loading> Entry::NewLoading(Slot& slot) {
  auto loading = std::make_unique<Loading>();
  if (origin_ == Origin::kGuest) loading->stop = std::stop_source();
  loading->out_of_memory = std::make_unique<const Error>(
      ErrorCode::kRuntimeError, "memory ran out while the model was loaded");
  // The thread keeps the entry alive: the last waiter may be gone when the load ends.
  loading->turn = std::make_shared<LoadThreads::Turn>(
      LoadThreads::LaneId(account_.get(), slot.placement), MaxLoads(slot.placement),
      [self = shared_from_this(), &slot] { self->Load(slot); });
  return loading;
}

std::shared_ptr<LoadThreads::Turn> Entry::JoinOrStart(Slot& slot, Asker asker) {
  {
    const std::lock_guard lock(mutex_);
    if (auto turn = Join(slot, asker)) return turn;
    if (!IsLoadDue(slot)) return nullptr;
  }
  // Everything needed to start and to end the load is allocated before the state changes.
  auto loading = NewLoading(slot);
  const auto turn = loading->turn;
  {
    const std::lock_guard lock(mutex_);
    if (auto other = Join(slot, asker)) return other;
    if (!IsLoadDue(slot)) return nullptr;
    slot.state = ModelState::kLoading;
    slot.loading.swap(loading);
    slot.failure.reset();
    Join(slot, asker);
  }
  try {
    context_.threads.Start(turn);
  } catch (const std::exception& error) {
    Settle(slot, NotStarted(error), {});
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

void Entry::Leave(Slot& slot, LoadThreads::Turn& turn) noexcept {
  std::stop_source stop(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    if (slot.loading == nullptr || slot.loading->turn.get() != &turn) return;
    if (--slot.loading->waiters > 0 || slot.loading->prefetched) return;
    if (origin_ == Origin::kGuest) stop = slot.loading->stop;
  }
  if (context_.threads.GiveUp(turn)) return Drop(slot, turn);
  stop.request_stop();
}

void Entry::Drop(Slot& slot, LoadThreads::Turn& turn) noexcept {
  std::unique_ptr<Loading> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped = std::move(slot.loading);
    slot.state = ModelState::kRegistered;
  }
  // Those who joined meanwhile start another load.
  turn.Tell();
  try {
    if (dropped->prefetched) std::ignore = JoinOrStart(slot, Asker::kPrefetches);
  } catch (const std::bad_alloc&) {
    // The next lookup loads it.
  }
}

void Entry::Load(Slot& slot) noexcept {
  const auto start = Deadline::Clock::now();
  std::unique_ptr<Pending> pending = TakePending();
  std::stop_token stop;
  {
    const std::lock_guard lock(mutex_);
    stop = slot.loading->stop.get_token();
  }
  Outcome outcome = LoadNoThrow(slot.placement, pending ? std::move(pending->bytes) : Reservation(),
                                std::move(stop));
  pending.reset();
  Settle(slot, std::move(outcome), Deadline::Clock::now() - start);
}

std::unique_ptr<Entry::Pending> Entry::TakePending() noexcept {
  const std::lock_guard lock(mutex_);
  return std::move(pending_);
}

Entry::Outcome Entry::LoadNoThrow(const Placement& placement, Reservation bytes,
                                  std::stop_token stop) noexcept {
  try {
    auto loaded = LoadInWords(placement, std::move(bytes), std::move(stop));
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

Entry::LoadResult Entry::LoadInWords(const Placement& placement, Reservation bytes,
                                     std::stop_token stop) {
  try {
    return LoadNow(placement, std::move(bytes), std::move(stop));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return base::FailInternal("loading {} threw: {}", SourceText(), error.what());
  } catch (...) {
    return base::FailInternal("loading {} threw something other than a std::exception",
                              SourceText());
  }
}

Entry::LoadResult Entry::LoadNow(const Placement& placement, Reservation bytes,
                                 std::stop_token stop) {
  // Before loading, so that nothing can fail once the model is there to be evicted.
  if (load_mode_ == LoadMode::kLazy) {
    context_.memory.Add(account_, shared_from_this(), placement);
  }
  const auto model = CopyModel();
  if (!model) return base::Fail(model);
  // Names of one content load one after the other, since only the first one takes its bytes.
  std::optional<LoadGate::Turn> turn;
  if (origin_ == Origin::kOperator) {
    turn.emplace(context_.gate, *model, placement);
    if (auto loaded = FindLoaded(*model, placement)) return loaded;
  }
  if (bytes.empty()) {
    const auto size = context_.loader->Measure(*model);
    if (!size) return base::Fail(size);
    if (auto checked = account_->CheckModelBytes(*size); !checked) {
      return base::Fail(std::move(checked));
    }
    auto reserved = context_.memory.Reserve(account_, *size);
    if (!reserved) return base::Fail(std::move(reserved));
    bytes = *std::move(reserved);
  }
  auto graph = context_.loader->Load(*model, placement, Deadline::Never(), std::move(stop));
  if (!graph) return base::Fail(std::move(graph));
  // The files may have changed since they were measured.
  if (auto sized = bytes.Resize((*graph)->model_bytes()); !sized) {
    return base::Fail(std::move(sized));
  }
  auto counted = context_.memory.Share(account_, *graph, std::move(bytes));
  return std::make_shared<const Loaded>(place_, std::move(counted), *std::move(graph));
}

std::shared_ptr<const Entry::Loaded> Entry::FindLoaded(const Model& model,
                                                       const Placement& placement) {
  // The loader looks into the model's files.
  if (!context_.memory.HasShared(account_)) return nullptr;
  auto graph = context_.loader->FindLoaded(model, placement);
  if (graph == nullptr) return nullptr;
  auto counted = context_.memory.FindShared(account_, graph);
  if (counted == nullptr) return nullptr;
  return std::make_shared<const Loaded>(place_, std::move(counted), std::move(graph));
}

void Entry::Settle(Slot& slot, Outcome outcome, std::chrono::nanoseconds load_time) noexcept {
  // Destroyed after unlocking, like the outcome.
  std::unique_ptr<Loading> ended;
  decltype(Model::source) source;
  const std::lock_guard lock(mutex_);
  ended.swap(slot.loading);
  slot.load_time = load_time;
  if (outcome.loaded != nullptr) {
    slot.loaded.swap(outcome.loaded);
    slot.graph = slot.loaded->graph.get();
    slot.state = ModelState::kReady;
    slot.last_used = context_.now();
    source = TakeSpentSource();
    return;
  }
  // Each lookup may meet the shortage again. All share one id, so that they are reported once.
  slot.failure_id = outcome.shortage ? id_ : base::NextId();
  slot.failure = std::move(outcome.failure != nullptr ? outcome.failure : ended->out_of_memory);
  slot.retry_at =
      context_.now() + (outcome.shortage ? std::chrono::nanoseconds(0) : context_.failed_load_ttl);
  slot.state = ModelState::kFailed;
}

}  // namespace namesake::registry
