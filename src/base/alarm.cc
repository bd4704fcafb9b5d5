#include "base/alarm.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace namesake::base {

AlarmClock::~AlarmClock() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AlarmClock::Set(const Alarm& alarm, Setting setting) {
  const Time at = setting.at;
  {
    const std::scoped_lock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { Watch(); });
    alarms_.insert_or_assign(&alarm, std::move(setting));
    if (at >= wakes_at_) return;
    wakes_at_ = at;
  }
  changed_.notify_one();
}

void AlarmClock::Remove(const Alarm& alarm) {
  const std::scoped_lock lock(mutex_);
  alarms_.erase(&alarm);
}

AlarmClock::Time AlarmClock::RingDue(Time now) {
  constexpr std::chrono::milliseconds kBetweenRings{5};
  Time next = Time::max();
  for (auto& [alarm, setting] : alarms_) {
    if (setting.at <= now) {
      setting.ring();
      setting.at = now + kBetweenRings;
    }
    next = std::min(next, setting.at);
  }
  return next;
}

void AlarmClock::Watch() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    wakes_at_ = RingDue(Deadline::Clock::now());
    if (wakes_at_ == Time::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, Time(wakes_at_));
    }
  }
}

Alarm::Alarm(AlarmClock& clock, Deadline deadline, std::function<void()> ring)
    : clock_(clock), set_(!deadline.never()) {
  if (set_) clock_.Set(*this, {.at = *deadline.when(), .ring = std::move(ring)});
}

Alarm::~Alarm() {
  if (set_) clock_.Remove(*this);
}

}  // namespace namesake::base
