// Calls a function when a deadline passes.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_ALARM_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_ALARM_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "namesake/deadline.h"

namespace namesake::onnxruntime {

// One thread for all deadlines, started for the first one. Thread-safe.
class AlarmClock {
 public:
  using Time = Deadline::Clock::time_point;
  using Key = std::pair<Time, const void*>;

  AlarmClock() = default;
  AlarmClock(const AlarmClock&) = delete;
  AlarmClock& operator=(const AlarmClock&) = delete;
  ~AlarmClock();

  // Throws std::system_error if the thread can't be started. `ring` is called on the clock's
  // thread, with its lock held: it must be quick.
  void Set(const Key& key, std::function<void()> ring);
  // Afterwards the function is not called any more.
  void Remove(const Key& key);

 private:
  void Watch();

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<Key, std::function<void()>> alarms_;
  bool ending_ = false;
  std::thread thread_;
};

// Calls `ring` once if `deadline` passes while the alarm exists.
class Alarm {
 public:
  Alarm(AlarmClock& clock, Deadline deadline, std::function<void()> ring);
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm();

 private:
  AlarmClock& clock_;
  AlarmClock::Key key_;
  bool set_;
};

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_ALARM_H_
