#include "worker/fleet.h"

#include <utility>

#include "base/fail.h"
#include "base/log.h"

namespace namesake::worker {

Result<std::shared_ptr<Watch>> Fleet::TheWatch() {
  const std::lock_guard lock(mutex_);
  if (watch_ != nullptr) return watch_;
  auto watch = Watch::Start();
  if (watch) watch_ = *watch;
  return watch;
}

Result<std::shared_ptr<Worker>> Fleet::StartFor(const User& user) {
  auto watch = TheWatch();
  if (!watch) return base::Fail(std::move(watch));
  // Beyond what counts, for memory that is reserved and never touched, such as threads' stacks. The
  // watch ends a worker that touches more than it may.
  constexpr std::uint64_t kUntouched = std::uint64_t{256} << 20;
  auto limit = user.account->LeastTotal(Resource::kWorkerMemory);
  if (limit) *limit += kUntouched;
  return Worker::Start({.program = options_.program,
                        .backend = options_.backend,
                        .encodings = options_.encodings,
                        .owner = user.name,
                        .start = {.best_effort = options_.best_effort,
                                  .devices = options_.devices,
                                  .debug_log = base::Log().should_log(spdlog::level::debug),
                                  .max_memory_bytes = limit},
                        .account = user.account,
                        .grace = options_.grace},
                       *std::move(watch));
}

Fleet::Slot& Fleet::SlotOf(const Placement& placement) {
  const std::lock_guard lock(mutex_);
  return slots_[placement];
}

Result<std::shared_ptr<Worker>> Fleet::WorkerFor(const Placement& placement, const User& user) {
  Slot& slot = SlotOf(placement);
  const std::lock_guard lock(slot.mutex);
  if (slot.worker != nullptr && !slot.worker->ended()) return slot.worker;
  auto started = StartFor(user);
  if (started) slot.worker = *started;
  return started;
}

Result<std::shared_ptr<Worker>> Fleet::CleanWorker() {
  const std::lock_guard lock(clean_.mutex);
  if (clean_.worker != nullptr && !clean_.worker->ended() && clean_.worker->clean()) {
    return clean_.worker;
  }
  auto started = StartFor(*User::Nobody());
  if (started) clean_.worker = *started;
  return started;
}

void Fleet::LetGoOfClean(const Worker& worker) {
  std::shared_ptr<Worker> kept;  // Ended after unlocking.
  const std::lock_guard lock(clean_.mutex);
  if (clean_.worker.get() == &worker) kept.swap(clean_.worker);
}

}  // namespace namesake::worker
