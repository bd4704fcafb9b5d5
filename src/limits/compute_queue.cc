#include "limits/compute_queue.h"

#include <algorithm>
#include <cstddef>

#include "base/fail.h"
#include "base/text.h"

namespace namesake {
namespace {

bool IsBelow(std::uint64_t count, const std::optional<std::uint64_t>& limit) {
  return !limit || count < *limit;
}

// Without a number: one tenant does not learn how much others use.
Error HostIsFull() {
  return {ErrorCode::kBusy,
          "the host's limit max_queued_computes is used up; the same compute may succeed later"};
}

}  // namespace

struct ComputeQueue::Waiter {
  enum class State : std::uint8_t {
    kWaiting,
    kRunning,    // It has been given its turn.
    kPushedOut,  // It has lost its place.
  };

  void Wake(State next) {
    state = next;
    changed.notify_one();
  }

  State state = State::kWaiting;
  // Its own, so that a turn wakes nobody else. Told with the mutex held, as it ends with its frame.
  std::condition_variable changed;
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

bool ComputeQueue::MayRun(const Lane& lane) const {
  return IsBelow(counts_.running, limits_.max_running) &&
         IsBelow(lane.running_, lane.limits_.max_running);
}

void ComputeQueue::Run(Lane& lane) {
  ++counts_.running;
  ++lane.running_;
}

Result<void> ComputeQueue::MakePlaceFor(Lane& lane) {
  if (!IsBelow(lane.waiters_.size(), lane.limits_.max_queued)) {
    return Fail(ErrorCode::kBusy,
                "the limit max_queued_computes = {} of tenant \"{}\" is used up; the same compute "
                "may succeed later",
                *lane.limits_.max_queued, Printable(lane.tenant_));
  }
  if (IsBelow(counts_.waiting, limits_.max_queued)) return {};
  const auto longest = std::ranges::max_element(
      lanes_, {}, [](const Lane* candidate) { return candidate->waiters_.size(); });
  if (longest == lanes_.end() || (*longest)->waiters_.size() < lane.waiters_.size() + 2) {
    return std::unexpected(HostIsFull());
  }
  Waiter& last = *(*longest)->waiters_.back();
  Remove(**longest, last);
  last.Wake(Waiter::State::kPushedOut);
  return {};
}

void ComputeQueue::Append(Lane& lane, Waiter& waiter) {
  if (lane.waiters_.empty()) lanes_.push_back(&lane);
  lane.waiters_.push_back(&waiter);
  ++counts_.waiting;
}

void ComputeQueue::Remove(Lane& lane, Waiter& waiter) {
  lane.waiters_.remove(&waiter);
  --counts_.waiting;
  if (lane.waiters_.empty()) lanes_.remove(&lane);
}

void ComputeQueue::HandTurnsOn() {
  const auto may_run = [this](const Lane* lane) { return MayRun(*lane); };
  for (auto next = std::ranges::find_if(lanes_, may_run); next != lanes_.end();
       next = std::ranges::find_if(lanes_, may_run)) {
    Lane& lane = **next;
    lanes_.splice(lanes_.end(), lanes_, next);
    Waiter& first = *lane.waiters_.front();
    Remove(lane, first);
    Run(lane);
    first.Wake(Waiter::State::kRunning);
  }
}

ComputeQueue::Permit::~Permit() {
  if (lane_ == nullptr) return;
  ComputeQueue& queue = *lane_->queue_;
  const std::lock_guard lock(queue.mutex_);
  --queue.counts_.running;
  --lane_->running_;
  queue.HandTurnsOn();
}

ComputeQueue::Lane::Lane(std::shared_ptr<ComputeQueue> queue, std::string tenant,
                         const QueueLimits& limits)
    : queue_(std::move(queue)),
      tenant_(std::move(tenant)),
      limits_(limits),
      unlimited_(!queue_->limits_.max_running && !limits.max_running) {}

QueueCounts ComputeQueue::Lane::counts() const {
  const std::lock_guard lock(queue_->mutex_);
  return {.running = running_, .waiting = waiters_.size()};
}

Result<ComputeQueue::Permit> ComputeQueue::Lane::Enter(const Deadline& deadline) {
  if (unlimited_) return Permit(nullptr);
  std::unique_lock lock(queue_->mutex_);
  // Nobody who may run is waiting, so nobody is overtaken here.
  if (queue_->MayRun(*this)) {
    queue_->Run(*this);
  } else if (auto turn = AwaitTurn(lock, deadline); !turn) {
    return std::unexpected(std::move(turn).error());
  }
  return Permit(shared_from_this());
}

Result<void> ComputeQueue::Lane::AwaitTurn(std::unique_lock<std::mutex>& lock,
                                           const Deadline& deadline) {
  if (auto place = queue_->MakePlaceFor(*this); !place) return place;
  Waiter waiter;
  queue_->Append(*this, waiter);
  const auto decided = [&] { return waiter.state != Waiter::State::kWaiting; };
  if (deadline.never()) {
    waiter.changed.wait(lock, decided);
  } else if (!waiter.changed.wait_until(lock, *deadline.when(), decided)) {
    queue_->Remove(*this, waiter);
    return Fail(ErrorCode::kTimeout, "the deadline passed while the compute waited for its turn");
  }
  if (waiter.state == Waiter::State::kPushedOut) return std::unexpected(HostIsFull());
  return {};
}

}  // namespace namesake
