#include "worker/lines.h"

#include <sys/socket.h>

#include <utility>

#include "base/fail.h"
#include "base/wait.h"

namespace namesake::worker {

Result<Lines::LinePtr> Lines::Take(Deadline deadline, const Open& open) {
  std::unique_lock lock(mutex_);
  const auto free = [this] { return ended_ || !idle_.empty() || all_.size() < kMost; };
  if (!base::WaitUntil(changed_, lock, deadline, free)) {
    return base::Fail(ErrorCode::kTimeout, "the worker is busy");
  }
  const Close close{shared_from_this()};
  if (ended_) return LinePtr(nullptr, close);
  if (!idle_.empty()) {
    LinePtr line(idle_.back().release(), close);
    idle_.pop_back();
    return line;
  }
  auto ends = protocol::Connection::MakePair();
  if (!ends) return base::Fail(std::move(ends));
  auto made = std::make_unique<Line>(
      Line{.connection = protocol::Connection(std::move(ends->first), protocol::Side::kHost)});
  all_.insert(made.get());
  LinePtr line(made.release(), close);
  lock.unlock();
  if (auto opened = open(ends->second); !opened) return base::Fail(std::move(opened));
  return line;
}

void Lines::GiveBack(LinePtr line) noexcept {
  line->connection.Trim();
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  idle_.emplace_back(line.release());
  changed_.notify_one();
}

void Lines::CloseLine(Line* line) noexcept {
  const std::unique_ptr<Line> closed(line);  // Destroyed after unlocking.
  const std::lock_guard lock(mutex_);
  all_.erase(line);
  changed_.notify_one();
}

void Lines::End() noexcept {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (const auto& line : idle_) all_.erase(line.get());
  idle_.clear();
  for (const Line* const line : all_) ::shutdown(line->connection.descriptor(), SHUT_RDWR);
  changed_.notify_all();
}

}  // namespace namesake::worker
