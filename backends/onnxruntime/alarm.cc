#include "backend_onnxruntime/alarm.h"

namespace namesake::onnxruntime {

AlarmClock::~AlarmClock() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AlarmClock::Set(const Key& key, std::function<void()> ring) {
  {
    const std::scoped_lock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { Watch(); });
    const auto at = alarms_.emplace(key, std::move(ring)).first;
    if (at != alarms_.begin()) return;
  }
  changed_.notify_one();
}

void AlarmClock::Remove(const Key& key) {
  const std::scoped_lock lock(mutex_);
  alarms_.erase(key);
}

void AlarmClock::Watch() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (alarms_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = alarms_.begin();
    if (Deadline::Clock::now() >= first->first.first) {
      first->second();
      alarms_.erase(first);
    } else {
      const Time when = first->first.first;
      changed_.wait_until(lock, when);
    }
  }
}

Alarm::Alarm(AlarmClock& clock, Deadline deadline, std::function<void()> ring)
    : clock_(clock), set_(!deadline.never()) {
  if (!set_) return;
  key_ = {*deadline.when(), this};
  clock_.Set(key_, std::move(ring));
}

Alarm::~Alarm() {
  if (set_) clock_.Remove(key_);
}

}  // namespace namesake::onnxruntime
