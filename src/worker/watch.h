// The thread that looks after a host's workers: what they log, how they end, and what they owe.
#ifndef NAMESAKE_WORKER_WATCH_H_
#define NAMESAKE_WORKER_WATCH_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::worker {

// Calls functions when descriptors can be read and when times have come. Thread-safe.
class Watch {
 public:
  enum class News : std::uint8_t { kReadable, kTimeout };
  // Runs on the watch's thread, and must not block; may call the watch. Returns whether to go on
  // watching.
  using Callback = std::function<bool(News)>;
  using Id = std::uint64_t;

  // Errors: runtime_error, if there is no thread or no descriptor for it.
  static Result<std::shared_ptr<Watch>> Start();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  // Waits for a callback that is running, unless that is where it is called.
  ~Watch();

  // Calls back once `file` can be read or has ended, and again as long as that says so. Borrows the
  // descriptor until the callback returns false or `Remove` has returned.
  Id OnReadable(int file, Callback callback);
  // The same, but calls back with kTimeout, once, when the deadline passes first.
  Id OnReadable(int file, Deadline deadline, Callback callback);
  // Calls back with kTimeout every `period`.
  Id Every(std::chrono::nanoseconds period, Callback callback);
  // Afterwards the callback is not running, unless this is called in it, and is never called again.
  void Remove(Id id);

 private:
  // Shared with the thread, which may outlive the watch by what is left of a callback.
  struct State;

  explicit Watch(std::shared_ptr<State> state);

  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WATCH_H_
