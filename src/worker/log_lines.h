// Copies a worker's standard error into the host's log, line by line.
#ifndef NAMESAKE_WORKER_LOG_LINES_H_
#define NAMESAKE_WORKER_LOG_LINES_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace namesake::worker {

// A worker may write anything, so lines are cut and made visible (base/log.h), and beyond a rate
// they are only counted. One thread at a time.
class LogLines {
 public:
  // Begins each message.
  void set_from(std::string from) { from_ = std::move(from); }

  void Take(std::string_view text);
  // Logs what has no newline yet, and how much was not logged.
  void Finish();

  // The last line of a program that does not start, which is its reason.
  const std::string& last() const { return last_; }

 private:
  void TakeLine(std::string_view line);
  bool MayLog();
  void LogDropped();

  std::string from_;
  std::string part_;
  std::string last_;
  std::chrono::steady_clock::time_point second_{};
  std::size_t in_second_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_LOG_LINES_H_
