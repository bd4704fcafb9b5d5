#include "worker/fleet.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/fail.h"
#include "base/log.h"
#include "base/processors.h"

namespace namesake::worker {
namespace {

// Long enough for most first loads, with which the start of another worker would compete.
constexpr std::chrono::seconds kRefillDelay{1};

}  // namespace

Result<std::shared_ptr<Watch>> Fleet::TheWatch() {
  const std::lock_guard lock(mutex_);
  if (watch_ != nullptr) return watch_;
  auto watch = Watch::Start();
  if (watch) watch_ = *watch;
  return watch;
}

Result<std::shared_ptr<Worker>> Fleet::Launch() {
  auto watch = TheWatch();
  if (!watch) return base::Fail(std::move(watch));
  std::vector<std::string> devices;
  for (const auto& device : options_.devices) devices.push_back(device.string());
  return Worker::Start(
      {.program = options_.program,
       .backend = options_.backend,
       .encodings = options_.encodings,
       .prepare = {.best_effort = options_.best_effort,
                   .devices = std::move(devices),
                   .debug_log = base::Log().should_log(spdlog::level::debug),
                   .threads = options_.threads ? *options_.threads : base::Processors()},
       .control_group = options_.control_group,
       .grace = options_.grace},
      *std::move(watch));
}

Result<std::shared_ptr<Worker>> Fleet::TakeSpareOrLaunch() {
  std::shared_ptr<Worker> spare;
  {
    // Waits for one that is just being launched.
    const std::lock_guard lock(spare_.mutex);
    spare.swap(spare_.worker);
  }
  if (spare != nullptr && spare->is_alive()) return spare;
  return Launch();
}

Result<Reservation> Fleet::TakePlace(const User& user) {
  const auto take = [&] { return user.account->Reserve(Resource::kWorkers, 1); };
  auto place = take();
  // First one of the user's own: the limit may be its own too.
  for (const std::string_view owner : {std::string_view(user.name), std::string_view()}) {
    if (place || place.error().code() != ErrorCode::kResourceExhausted) break;
    if (user.workers->RetireOne(owner)) place = take();
  }
  return place;
}

Result<std::shared_ptr<Worker>> Fleet::StartFor(const User& user, WorkerPurpose purpose) {
  Worker::Owned owned = {.user = user.name, .purpose = purpose, .workers = user.workers};
  auto memory = user.account->Reserve(Resource::kWorkerMemory, 0);
  if (!memory) return base::Fail(std::move(memory));
  owned.memory = *std::move(memory);
  // What runs again needs a worker whatever others have, and only for a moment.
  if (purpose != WorkerPurpose::kRunsAgain) {
    auto place = TakePlace(user);
    if (!place) return base::Fail(std::move(place));
    owned.place = *std::move(place);
  }
  auto worker = TakeSpareOrLaunch();
  if (!worker) return worker;
  (*worker)->GiveTo(std::move(owned), user.account->LeastTotal(Resource::kWorkerMemory));
  user.workers->Add(*worker);
  RetireFrom(user.workers);
  if (options_.keeps_spare) RefillAfter(*worker);
  return worker;
}

void Fleet::RefillAfter(const std::weak_ptr<const Worker>& taken) {
  const std::lock_guard lock(mutex_);
  watch_->OnReadable(-1, Deadline::After(kRefillDelay),
                     [fleet = weak_from_this(), taken](Watch::News /*news*/) {
                       const auto self = fleet.lock();
                       const auto worker = taken.lock();
                       if (self == nullptr || worker == nullptr) return false;
                       // A program that does not start would not do so as a spare either.
                       if (worker->is_ready() && !worker->ended()) self->StartSpare();
                       return false;
                     });
}

void Fleet::RetireFrom(const std::shared_ptr<WorkerList>& list) {
  const std::lock_guard lock(mutex_);
  const auto is_same = [&](const auto& known) { return known.lock() == list; };
  if (std::ranges::any_of(lists_, is_same)) return;
  lists_.push_back(list);
  const auto period = std::clamp<std::chrono::nanoseconds>(
      options_.idle_time / 4, std::chrono::milliseconds(10), std::chrono::minutes(1));
  watch_->Every(period, [weak = std::weak_ptr(list), idle = options_.idle_time](Watch::News) {
    const auto all = weak.lock();
    if (all != nullptr) all->RetireIdleSince(std::chrono::steady_clock::now() - idle);
    return all != nullptr;
  });
}

void Fleet::StartSpare() {
  // Ended after unlocking: a worker's end waits for the watch, which may be about to start a spare.
  std::shared_ptr<Worker> ended;
  const std::lock_guard lock(spare_.mutex);
  if (spare_.worker != nullptr && spare_.worker->is_alive()) return;
  // Whoever needs a worker learns why there is none.
  if (auto launched = Launch()) {
    ended = std::exchange(spare_.worker, *std::move(launched));
  }
}

Fleet::Slot& Fleet::SlotOf(const Placement& placement) {
  const std::lock_guard lock(mutex_);
  return slots_[placement];
}

Result<std::shared_ptr<Worker>> Fleet::WorkerFor(const Placement& placement, const User& user) {
  Slot& slot = SlotOf(placement);
  const std::lock_guard lock(slot.mutex);
  if (slot.worker != nullptr && !slot.worker->ended()) {
    slot.worker->NoteUse();
    return slot.worker;
  }
  auto started = StartFor(user, WorkerPurpose::kServes);
  if (started) slot.worker = *started;
  return started;
}

Result<std::shared_ptr<Worker>> Fleet::CleanWorker() {
  const std::lock_guard lock(clean_.mutex);
  if (clean_.worker != nullptr && !clean_.worker->ended() && clean_.worker->clean()) {
    return clean_.worker;
  }
  auto started = StartFor(*User::Nobody(), WorkerPurpose::kServes);
  if (started) clean_.worker = *started;
  return started;
}

void Fleet::LetGoOfClean(const Worker& worker) {
  std::shared_ptr<Worker> kept;  // Ended after unlocking.
  const std::lock_guard lock(clean_.mutex);
  if (clean_.worker.get() == &worker) kept.swap(clean_.worker);
}

}  // namespace namesake::worker
