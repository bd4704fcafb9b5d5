// The connections on which a host calls one worker.
#ifndef NAMESAKE_WORKER_LINES_H_
#define NAMESAKE_WORKER_LINES_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "base/file.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "protocol/connection.h"

namespace namesake::worker {

// Each line serves one call at a time. Thread-safe; always owned by a shared_ptr.
class Lines : public std::enable_shared_from_this<Lines> {
 public:
  struct Line {
    protocol::Connection connection;
    std::uint64_t calls = 0;
  };
  // Closes the line, unless it was given back.
  struct Close {
    std::shared_ptr<Lines> lines{};
    void operator()(Line* line) const noexcept { lines->CloseLine(line); }
  };
  using LinePtr = std::unique_ptr<Line, Close>;
  // Gives the worker its end of a new line.
  using Open = std::function<Result<void>(const base::FileDescriptor& end)>;

  Lines() { idle_.reserve(kMost); }

  // Takes a line that serves nobody, or makes one. Null once all have ended. Errors: timeout, if
  // there are as many as may be; runtime_error; those of `open`.
  Result<LinePtr> Take(Deadline deadline, const Open& open);
  // For a line on which nothing is under way.
  void GiveBack(LinePtr line) noexcept;

  // Ends every wait for an answer, now and later. A worker's own end does not do that: it may have
  // left its end of a line where it outlives it.
  void End() noexcept;

 private:
  // Calls of one worker at once; further ones wait.
  static constexpr std::size_t kMost = 256;

  void CloseLine(Line* line) noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool ended_ = false;
  std::set<Line*> all_;
  std::vector<std::unique_ptr<Line>> idle_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_LINES_H_
