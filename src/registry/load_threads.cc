#include "registry/load_threads.h"

#include <utility>

namespace namesake {

LoadThreads::~LoadThreads() {
  std::map<const void*, Lane> lanes;
  std::list<Thread> threads;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (auto& [key, lane] : lanes_) lanes[key].waiting.swap(lane.waiting);
    threads.swap(threads_);
  }
}

void LoadThreads::Run(const void* lane_key, std::optional<std::uint64_t> max_at_once, Load load) {
  const std::lock_guard lock(mutex_);
  threads_.remove_if([](const Thread& thread) { return thread.done.load(); });
  Lane& lane = lanes_[lane_key];
  // With a limit of 0 one load runs all the same: a lane that never moves would hang its callers.
  if (lane.running > 0 && max_at_once && lane.running >= *max_at_once) {
    lane.waiting.push_back(std::move(load));
    return;
  }
  Thread& thread = threads_.emplace_back();
  try {
    thread.thread =
        std::jthread([this, lane_key, &done = thread.done, load = std::move(load)]() mutable {
          Drain(lane_key, std::move(load));
          done.store(true);
        });
  } catch (...) {
    threads_.pop_back();
    if (lane.running == 0) lanes_.erase(lane_key);
    throw;
  }
  ++lane.running;
}

void LoadThreads::Drain(const void* lane, Load load) {
  for (std::optional<Load> next = std::move(load); next; next = Next(lane)) {
    (*next)();
    next.reset();
  }
}

std::optional<LoadThreads::Load> LoadThreads::Next(const void* lane_key) {
  const std::lock_guard lock(mutex_);
  const auto found = lanes_.find(lane_key);
  Lane& lane = found->second;
  if (lane.waiting.empty() || ending_) {
    if (--lane.running == 0) lanes_.erase(found);
    return std::nullopt;
  }
  std::optional<Load> next = std::move(lane.waiting.front());
  lane.waiting.pop_front();
  return next;
}

}  // namespace namesake
