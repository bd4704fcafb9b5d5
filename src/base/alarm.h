// Calls a function when a deadline passes.
#ifndef NAMESAKE_BASE_ALARM_H_
#define NAMESAKE_BASE_ALARM_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "namesake/deadline.h"

namespace namesake::base {

class Alarm;

// One thread for all deadlines, started for the first one. Thread-safe.
class AlarmClock {
 public:
  AlarmClock() = default;
  AlarmClock(const AlarmClock&) = delete;
  AlarmClock& operator=(const AlarmClock&) = delete;
  // No alarm may be set any more.
  ~AlarmClock();

 private:
  friend class Alarm;
  using Time = Deadline::Clock::time_point;
  struct Setting {
    Time at;
    std::function<void()> ring;
  };

  void Set(const Alarm& alarm, Setting setting);
  void Remove(const Alarm& alarm);
  void Watch();
  // Returns when the next one is due. Needs the mutex held.
  Time RingDue(Time now);

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::unordered_map<const Alarm*, Setting> alarms_;
  // When the thread looks again by itself. Alarms that are removed do not wake it, so that most
  // inferences, which end long before their deadline, cost it nothing.
  Time wakes_at_ = Time::max();
  bool ending_ = false;
  std::thread thread_;
};

// Calls `ring` if `deadline` passes while the alarm exists, and again every few milliseconds: what
// it is to stop may not have begun yet. `ring` is called on the clock's thread, with its lock held:
// it must be quick.
class Alarm {
 public:
  // Throws std::system_error if the thread can't be started. The clock outlives the alarm.
  Alarm(AlarmClock& clock, Deadline deadline, std::function<void()> ring);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  // Afterwards the function is not called any more.
  ~Alarm();

 private:
  AlarmClock& clock_;
  const bool set_;
};

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_ALARM_H_
