#include "registry/load_threads.h"

#include <utility>

#include "base/wait.h"

namespace namesake::registry {

LoadThreads::Turn::Turn(const LaneId& lane, std::optional<std::uint64_t> max_at_once, Load load)
    : lane_(lane), max_at_once_(max_at_once), load_(std::move(load)) {}

void LoadThreads::Turn::Tell() noexcept {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

bool LoadThreads::Turn::Await(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return base::WaitUntil(changed_, lock, deadline, [this] { return has_ended_; });
}

LoadThreads::~LoadThreads() {
  ending_ = true;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return running_.empty(); });
  for (std::thread& thread : ended_) thread.join();
}

bool LoadThreads::MayRun(const Lane& lane, const Turn& turn) noexcept {
  return lane.running == 0 || !turn.max_at_once_ || lane.running < *turn.max_at_once_;
}

void LoadThreads::Start(const std::shared_ptr<Turn>& turn) {
  const auto lane = lanes_.Get(turn->lane_);
  Turns node = {turn};
  const std::lock_guard lock(lane->mutex);
  if (lane->waiting.empty() && MayRun(*lane, *turn)) {
    StartThread(*lane, turn);
    return;
  }
  turn->place_ = node.begin();
  turn->stage_ = Turn::Stage::kWaiting;
  lane->waiting.splice(lane->waiting.end(), node);
  // Earlier loads in the lane may be allowed to run but have found no thread.
  StartWaiting(*lane);
}

void LoadThreads::StartThread(Lane& lane, const std::shared_ptr<Turn>& turn) {
  Threads node(1);
  const auto self = node.begin();
  auto use = lanes_.Get(turn->lane_);
  {
    const std::lock_guard lock(mutex_);
    running_.splice(running_.end(), node);
    ++loading_;
  }
  try {
    // The thread can't finish before the lane's mutex is free, and by then *self is set.
    *self = std::thread([this, self, use = std::move(use), turn = turn]() mutable {
      RunThread(self, std::move(use), std::move(turn));
    });
  } catch (...) {
    const std::lock_guard lock(mutex_);
    node.splice(node.end(), running_, self);
    if (--loading_ == 0) changed_.notify_all();
    throw;
  }
  ++lane.running;
  turn->stage_ = Turn::Stage::kRunning;
}

void LoadThreads::StartWaiting(Lane& lane) noexcept {
  while (!lane.waiting.empty() && MayRun(lane, *lane.waiting.front())) {
    try {
      StartThread(lane, lane.waiting.front());
    } catch (...) {
      return;  // The next load that ends tries again.
    }
    lane.waiting.pop_front();
  }
}

bool LoadThreads::GiveUp(Turn& turn) noexcept {
  // Destroyed after unlocking, with what they own.
  Turns dropped;
  Load load;
  const auto lane = lanes_.Find(turn.lane_);
  if (!lane) return false;
  const std::lock_guard lock((*lane)->mutex);
  switch (turn.stage_) {
    case Turn::Stage::kWaiting:
      dropped.splice(dropped.end(), (*lane)->waiting, turn.place_);
      load.swap(turn.load_);
      turn.stage_ = Turn::Stage::kOver;
      return true;
    case Turn::Stage::kRunning:
      turn.stage_ = Turn::Stage::kGivenUp;
      --(*lane)->running;
      StartWaiting(**lane);
      return false;
    case Turn::Stage::kNew:
    case Turn::Stage::kGivenUp:
    case Turn::Stage::kOver:
      break;
  }
  return false;
}

bool LoadThreads::AwaitNone(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return base::WaitUntil(changed_, lock, deadline, [this] { return loading_ == 0; });
}

void LoadThreads::RunThread(Threads::iterator self, Lanes::Use lane,
                            std::shared_ptr<Turn> turn) noexcept {
  {
    const Lanes::Use used = std::move(lane);
    while (turn != nullptr) {
      turn->load_();
      turn->load_ = nullptr;
      auto next = Next(*used, *turn);
      if (next == nullptr) CountEnd();
      turn->Tell();
      turn = std::move(next);
    }
    if (ending_) DropWaiting(*used);
  }
  EndThread(self);
}

void LoadThreads::DropWaiting(Lane& lane) noexcept {
  Turns dropped;
  {
    const std::lock_guard lock(lane.mutex);
    dropped.swap(lane.waiting);
  }
  // A load may own its turn; this breaks the cycle.
  for (const auto& turn : dropped) turn->load_ = nullptr;
}

std::shared_ptr<LoadThreads::Turn> LoadThreads::Next(Lane& lane, Turn& turn) noexcept {
  Turns next;  // Destroyed after unlocking.
  const std::lock_guard lock(lane.mutex);
  if (std::exchange(turn.stage_, Turn::Stage::kOver) == Turn::Stage::kRunning) --lane.running;
  if (lane.waiting.empty() || ending_ || !MayRun(lane, *lane.waiting.front())) return nullptr;
  next.splice(next.end(), lane.waiting, lane.waiting.begin());
  next.front()->stage_ = Turn::Stage::kRunning;
  ++lane.running;
  return std::move(next.front());
}

void LoadThreads::CountEnd() noexcept {
  const std::lock_guard lock(mutex_);
  if (--loading_ == 0) changed_.notify_all();
}

void LoadThreads::EndThread(Threads::iterator self) noexcept {
  Threads before;
  {
    const std::lock_guard lock(mutex_);
    before.swap(ended_);
    ended_.splice(ended_.end(), running_, self);
    if (running_.empty()) changed_.notify_all();
  }
  // The last thread is joined by the next one, or by the destructor.
  for (std::thread& thread : before) thread.join();
}

}  // namespace namesake::registry
