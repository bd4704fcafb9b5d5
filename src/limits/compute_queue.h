// Who computes now, and who waits.
//
// A host runs `max_running` computes at once and lets `max_queued` wait; so does each tenant,
// within the host's. Each tenant has a lane. The rules, which keep one tenant from using up what is
// another's:
//
//  - Turns go round between the lanes that have somebody waiting, and within a lane to whoever has
//    waited longest. A lane that runs as many as it may is passed over and keeps its place. So
//    whatever the others do, a lane's next compute begins after those that run and one of each
//    other lane.
//  - A lane's own waiting places are its own: when they are full, whoever comes is told busy.
//  - The host's waiting places are for whoever comes, as long as there are any. When there are
//  none,
//    whoever comes from a lane takes the place of the last that came to the lane with the most
//    waiting, which is told busy, if that lane has two more waiting than the own one. So a tenant
//    is told busy only when no other has more than one place more than it has itself.
//
// Where a compute is limited neither by the host nor by its lane it passes without a lock and is
// not counted.
#ifndef NAMESAKE_LIMITS_COMPUTE_QUEUE_H_
#define NAMESAKE_LIMITS_COMPUTE_QUEUE_H_

#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::limits {

struct QueueLimits {
  std::optional<std::uint64_t> max_running{};
  std::optional<std::uint64_t> max_queued{};
};

// Of one lane or of all, at one moment.
struct QueueCounts {
  std::uint64_t running = 0;
  std::uint64_t waiting = 0;

  friend bool operator==(const QueueCounts&, const QueueCounts&) = default;
};

// One per host. All of it is safe for all threads.
class ComputeQueue : public std::enable_shared_from_this<ComputeQueue> {
 public:
  class Lane;
  class Permit;

  static std::shared_ptr<ComputeQueue> Make(const QueueLimits& limits);

  // A lane keeps its queue alive. `tenant` is for messages.
  std::shared_ptr<Lane> NewLane(std::string tenant, const QueueLimits& limits);

  QueueCounts counts() const;

 private:
  struct Waiter;

  explicit ComputeQueue(const QueueLimits& limits) : limits_(limits) {}

  // Why somebody can't wait.
  enum class Full : std::uint8_t { kNot, kLane, kHost };

  // All below are called with mutex_ held. They allocate nothing, and take no longer where more of
  // a lane wait; MakePlaceFor and HandTurnsOn look through the lanes.
  bool MayRun(const Lane& lane) const noexcept;
  void Run(Lane& lane) noexcept;
  Full MakePlaceFor(Lane& lane) noexcept;
  void Append(Lane& lane, Waiter& waiter) noexcept;
  void Remove(Lane& lane, Waiter& waiter) noexcept;
  // Hands free turns to those who wait, so that nobody who may run is waiting.
  void HandTurnsOn() noexcept;

  const QueueLimits limits_;
  mutable std::mutex mutex_;
  // Guarded by mutex_, as are the counts and waiters of all lanes.
  QueueCounts counts_;
  std::list<Lane*> lanes_;  // Those with somebody waiting; the first has the next turn.
};

// A turn: ends when it does, and is given on.
class ComputeQueue::Permit {
 public:
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&& other) noexcept {
    std::swap(lane_, other.lane_);
    return *this;
  }
  ~Permit();

 private:
  friend class Lane;
  explicit Permit(std::shared_ptr<Lane> lane) : lane_(std::move(lane)) {}

  std::shared_ptr<Lane> lane_;  // Null where nothing is limited.
};

// A tenant's.
class ComputeQueue::Lane : public std::enable_shared_from_this<Lane> {
 public:
  // Blocks until it is the caller's turn; whoever calls holds the lane alive. Errors: busy at once
  // when it would have to wait and there is no place, or later when it lost its place to another
  // lane; timeout when `deadline` passes first.
  Result<Permit> Enter(const Deadline& deadline);

  QueueCounts counts() const;

 private:
  friend class ComputeQueue;

  Lane(std::shared_ptr<ComputeQueue> queue, std::string tenant, const QueueLimits& limits);
  // With the queue's mutex free.
  Result<void> AwaitTurn(const Deadline& deadline);
  Error IsFull() const;

  const std::shared_ptr<ComputeQueue> queue_;
  const std::string tenant_;
  const QueueLimits limits_;
  const bool unlimited_;  // By the host, too.
  // Guarded by queue_->mutex_.
  std::uint64_t running_ = 0;
  std::list<Waiter*> waiters_;  // The first has waited longest. They stand in `Enter`'s frames.
  std::list<Lane*> node_;       // What stands in the queue's lanes_ while somebody waits,
  const std::list<Lane*>::iterator place_ = node_.begin();  // and where.
};

}  // namespace namesake::limits

#endif  // NAMESAKE_LIMITS_COMPUTE_QUEUE_H_
