#include "limits/compute_queue.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <system_error>

#include "base/fail.h"
#include "base/text.h"
#include "base/wait.h"

namespace namesake::limits {
namespace {

bool IsBelow(std::uint64_t count, const std::optional<std::uint64_t>& limit) {
  return !limit || count < *limit;
}

constexpr std::string_view kLimit = "max_queued_inferences";

// Without numbers, so that a tenant does not learn how much others use.
Error HostIsFull() {
  return Error(ErrorCode::kBusy,
               "the host's limit max_queued_inferences is used up; try again later")
      .AtLimit(kLimit);
}

}  // namespace

struct ComputeQueue::Waiter {
  explicit Waiter(Runs& its_run) : run(its_run), node({this}) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  enum class State : std::uint8_t {
    kWaiting,
    kRunning,    // It has its turn.
    kPushedOut,  // It has lost its slot.
  };

  void Wake(State next) {
    state = next;
    changed.notify_one();
  }

  // The inference alone, until it runs.
  Runs& run;
  State state = State::kWaiting;
  // One per waiter, so that a turn wakes nobody else. Notified with the mutex held, because the
  // waiter may end right after.
  std::condition_variable changed;
  // The waiter's node for the lane's waiters_, and an iterator to it. Allocated in advance, so that
  // nothing is allocated with the mutex held.
  std::list<Waiter*> node;
  const std::list<Waiter*>::iterator place = node.begin();
};

std::shared_ptr<ComputeQueue> ComputeQueue::Make(const QueueLimits& limits) {
  return std::shared_ptr<ComputeQueue>(new ComputeQueue(limits));
}

std::shared_ptr<ComputeQueue::Lane> ComputeQueue::NewLane(std::string tenant,
                                                          const QueueLimits& limits) {
  return std::shared_ptr<Lane>(new Lane(shared_from_this(), std::move(tenant), limits));
}

QueueCounts ComputeQueue::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool ComputeQueue::MayRun(const Lane& lane) const noexcept {
  return IsBelow(counts_.running, limits_.max_running) &&
         IsBelow(lane.running_, lane.limits_.max_running);
}

bool ComputeQueue::HasThreads(std::uint64_t threads) const noexcept {
  return !limits_.max_threads || counts_.threads == 0 ||
         counts_.threads + threads <= *limits_.max_threads;
}

bool ComputeQueue::WouldOvertake() const noexcept {
  return std::ranges::any_of(lanes_, [this](const Lane* lane) { return MayRun(*lane); });
}

// One that says it needs more than there are is alone with all there are.
std::uint64_t ComputeQueue::Counted(const Running& run) const noexcept {
  return std::min(run.threads, limits_.max_threads.value_or(run.threads));
}

std::chrono::nanoseconds ComputeQueue::UsageOf(const Lane& lane,
                                               Deadline::Clock::time_point now) const noexcept {
  return lane.used_ + lane.threads_ * (now - start_) - lane.starts_;
}

// Before a lane that does nothing has an inference again.
void ComputeQueue::Enliven(Lane& lane) noexcept {
  if (lane.running_ > 0 || !lane.waiters_.empty()) return;
  lane.used_ = std::max<std::chrono::nanoseconds>(lane.used_, most_used_ - kMostCredit);
}

void ComputeQueue::Charge(Lane& lane, const Running& run) noexcept {
  const auto now = limits_.now();
  const auto threads = static_cast<std::int64_t>(Counted(run));
  lane.used_ += threads * (now - run.since);
  lane.threads_ -= threads;
  lane.starts_ -= threads * (run.since - start_);
  most_used_ = std::max(most_used_, UsageOf(lane, now));
}

void ComputeQueue::Run(Lane& lane, Runs& run) noexcept {
  ++counts_.running;
  ++lane.running_;
  Running& running = run.front();
  if (limits_.max_threads) {
    running.has_threads = true;
    running.since = limits_.now();
    counts_.threads += running.threads;
    const auto threads = static_cast<std::int64_t>(Counted(running));
    lane.threads_ += threads;
    lane.starts_ += threads * (running.since - start_);
  }
  runs_.splice(runs_.end(), run);
}

void ComputeQueue::LeaveThreads(Running& run) noexcept {
  if (std::exchange(run.has_threads, false)) counts_.threads -= run.threads;
}

void ComputeQueue::PassThreadsOn() noexcept {
  const auto long_ago = limits_.now() - limits_.long_run;
  const std::lock_guard lock(mutex_);
  for (Running& run : runs_) {
    if (run.since > long_ago) break;
    LeaveThreads(run);
  }
  HandTurnsOn();
}

ComputeQueue::Full ComputeQueue::MakePlaceFor(Lane& lane) noexcept {
  if (!IsBelow(lane.waiters_.size(), lane.limits_.max_queued)) return Full::kLane;
  if (IsBelow(counts_.waiting, limits_.max_queued)) return Full::kNot;
  const auto longest = std::ranges::max_element(
      lanes_, {}, [](const Lane* candidate) { return candidate->waiters_.size(); });
  if (longest == lanes_.end() || (*longest)->waiters_.size() < lane.waiters_.size() + 2) {
    return Full::kHost;
  }
  Waiter& last = *(*longest)->waiters_.back();
  Remove(**longest, last);
  last.Wake(Waiter::State::kPushedOut);
  return Full::kNot;
}

void ComputeQueue::Append(Lane& lane, Waiter& waiter) noexcept {
  if (lane.waiters_.empty()) lanes_.splice(lanes_.end(), lane.node_);
  lane.waiters_.splice(lane.waiters_.end(), waiter.node);
  ++counts_.waiting;
}

void ComputeQueue::Remove(Lane& lane, Waiter& waiter) noexcept {
  waiter.node.splice(waiter.node.end(), lane.waiters_, waiter.place);
  --counts_.waiting;
  if (lane.waiters_.empty()) lane.node_.splice(lane.node_.end(), lanes_, lane.place_);
}

std::list<ComputeQueue::Lane*>::iterator ComputeQueue::Next() noexcept {
  const auto may_run = [this](const Lane* lane) { return MayRun(*lane); };
  auto next = std::ranges::find_if(lanes_, may_run);
  if (!limits_.max_threads || next == lanes_.end()) return next;
  const auto now = limits_.now();
  for (auto other = std::next(next); other != lanes_.end(); ++other) {
    if (may_run(*other) && UsageOf(**other, now) < UsageOf(**next, now)) next = other;
  }
  return next;
}

void ComputeQueue::HandTurnsOn() noexcept {
  for (auto next = Next(); next != lanes_.end(); next = Next()) {
    Lane& lane = **next;
    Waiter& first = *lane.waiters_.front();
    if (!HasThreads(first.run.front().threads)) return;
    lanes_.splice(lanes_.end(), lanes_, next);
    Remove(lane, first);
    Run(lane, first.run);
    first.Wake(Waiter::State::kRunning);
  }
}

ComputeQueue::Permit::~Permit() {
  if (lane_ == nullptr) return;
  ComputeQueue& queue = *lane_->queue_;
  // The node ends with this, after unlocking.
  const std::lock_guard lock(queue.mutex_);
  --queue.counts_.running;
  --lane_->running_;
  queue.LeaveThreads(*place_);
  if (queue.limits_.max_threads) queue.Charge(*lane_, *place_);
  run_.splice(run_.end(), queue.runs_, place_);
  queue.HandTurnsOn();
}

ComputeQueue::Lane::Lane(std::shared_ptr<ComputeQueue> queue, std::string tenant,
                         const QueueLimits& limits)
    : queue_(std::move(queue)),
      tenant_(std::move(tenant)),
      limits_(limits),
      unlimited_(!queue_->limits_.max_running && !queue_->limits_.max_threads &&
                 !limits.max_running),
      node_({this}) {}

QueueCounts ComputeQueue::Lane::counts() const {
  const std::lock_guard lock(queue_->mutex_);
  return {.running = running_, .waiting = waiters_.size()};
}

Error ComputeQueue::Lane::IsFull() const {
  return Error(ErrorCode::kBusy,
               fmt::format("the limit max_queued_inferences = {} of tenant \"{}\" is used up; try "
                           "again later",
                           limits_.max_queued.value_or(0), base::Printable(tenant_)))
      .AtLimit(kLimit);
}

bool ComputeQueue::Lane::TryRun(Runs& run) noexcept {
  queue_->Enliven(*this);
  const bool may_run =
      queue_->MayRun(*this) && queue_->HasThreads(run.front().threads) && !queue_->WouldOvertake();
  if (may_run) queue_->Run(*this, run);
  return may_run;
}

Result<ComputeQueue::Permit> ComputeQueue::Lane::Enter(const Deadline& deadline,
                                                       std::uint64_t threads) {
  if (unlimited_) return Permit();
  Runs run;
  run.push_back({.threads = std::max<std::uint64_t>(threads, 1)});
  const auto place = run.begin();
  bool runs = false;
  {
    const std::lock_guard lock(queue_->mutex_);
    runs = TryRun(run);
  }
  if (!runs) {
    if (auto turn = AwaitTurn(deadline, run); !turn) return base::Fail(std::move(turn));
  }
  return Permit(shared_from_this(), std::move(run), place);
}

Result<void> ComputeQueue::Lane::AwaitTurn(const Deadline& deadline, Runs& run) {
  if (!queue_->limits_.max_threads) return Await(deadline, run);
  try {
    const base::Alarm alarm(queue_->clock_, Deadline::After(queue_->limits_.long_run),
                            [this] { queue_->PassThreadsOn(); });
    return Await(deadline, run);
  } catch (const std::system_error&) {
    // There is no thread for alarms.
    return Await(deadline, run);
  }
}

Result<void> ComputeQueue::Lane::Await(const Deadline& deadline, Runs& run) {
  Waiter waiter(run);
  std::unique_lock lock(queue_->mutex_);
  // That may have changed while the mutex was free.
  if (TryRun(run)) return {};
  // Error messages are made without the mutex.
  if (const Full full = queue_->MakePlaceFor(*this); full != Full::kNot) {
    lock.unlock();
    return std::unexpected(full == Full::kLane ? IsFull() : HostIsFull());
  }
  queue_->Append(*this, waiter);
  // It may have had less than the one that waits for threads.
  queue_->HandTurnsOn();
  const auto decided = [&] { return waiter.state != Waiter::State::kWaiting; };
  if (!base::WaitUntil(waiter.changed, lock, deadline, decided)) {
    queue_->Remove(*this, waiter);
    // Others may have waited for this one, which needed more.
    queue_->HandTurnsOn();
    lock.unlock();
    return base::Fail(ErrorCode::kTimeout,
                      "the deadline passed while the inference waited for its turn");
  }
  lock.unlock();
  if (waiter.state == Waiter::State::kPushedOut) return std::unexpected(HostIsFull());
  return {};
}

}  // namespace namesake::limits
