#include "engine/guest_watch.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/fail.h"
#include "base/process_limits.h"

namespace namesake::engine {
namespace {

// A guest that checks just before its deadline may re-arm past one epoch tick, so ticks repeat
// until it stops.
constexpr std::chrono::milliseconds kAgain(10);

}  // namespace

GuestWatch::~GuestWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<std::unique_ptr<GuestWatch::Watching>> GuestWatch::Begin(Guest guest) {
  if (guest.deadline.never() && !guest.stop.stop_possible()) return nullptr;
  Entries made;
  made.push_back({.guest = std::move(guest), .begun = Deadline::Clock::now()});
  const auto entry = made.begin();
  bool is_next = false;
  {
    const std::lock_guard lock(mutex_);
    if (auto started = StartThread(); !started) return base::Fail(std::move(started));
    entries_.splice(entries_.end(), made);
    const auto& deadline = entry->guest.deadline.when();
    is_next = deadline && *deadline < wake_;
  }
  if (is_next) changed_.notify_all();
  return std::make_unique<Watching>(*this, entry);
}

Result<void> GuestWatch::StartThread() {
  if (thread_.joinable()) return {};
  try {
    thread_ = std::thread([this] { Run(); });
    return {};
  } catch (const std::system_error& error) {
    return base::Fail(ErrorCode::kRuntimeError,
                      "can't start the thread that watches the guest's time: {}",
                      base::NoThreadText(error));
  }
}

void GuestWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const Time now = Deadline::Clock::now();
    MarkDue(now);
    if (std::ranges::any_of(entries_, &Entry::is_due)) engine_.increment_epoch();
    TellOverdue(now, lock);
    if (ending_) break;
    wake_ = NextWake(Deadline::Clock::now());
    if (wake_ == Time::max()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, wake_);
    }
  }
}

void GuestWatch::MarkDue(Time now) {
  for (Entry& entry : entries_) {
    if (entry.is_due) continue;
    const auto& deadline = entry.guest.deadline.when();
    const bool late = deadline && *deadline <= now;
    if (!late && !entry.asked_to_stop) continue;
    entry.is_due = true;
    // A call that begins after the deadline gets its grace, too.
    entry.due = late ? std::max(*deadline, entry.begun) : now;
  }
}

GuestWatch::Time GuestWatch::NextWake(Time now) const {
  Time wake = Time::max();
  for (const Entry& entry : entries_) {
    if (entry.is_due || entry.asked_to_stop) {
      wake = std::min(wake, now + kAgain);
    } else if (const auto& deadline = entry.guest.deadline.when()) {
      wake = std::min(wake, *deadline);
    }
  }
  return wake;
}

void GuestWatch::TellOverdue(Time now, std::unique_lock<std::mutex>& lock) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool overdue = entry->is_due && now - entry->due >= entry->guest.grace;
    if (!overdue || std::exchange(entry->told, true) || !entry->guest.on_overdue) {
      ++entry;
      continue;
    }
    // Unlocked, because the guest may end meanwhile, and then waits for this call.
    telling_ = &*entry;
    lock.unlock();
    entry->guest.on_overdue();
    lock.lock();
    telling_ = nullptr;
    changed_.notify_all();
    entry = entries_.begin();  // The list may have changed.
  }
}

GuestWatch::Watching::Watching(GuestWatch& watch, Entries::iterator entry)
    : watch_(watch), entry_(entry) {
  if (entry->guest.stop.stop_possible()) on_stop_.emplace(entry->guest.stop, Ask{watch, entry});
}

GuestWatch::Watching::~Watching() {
  on_stop_.reset();  // Waits for a running callback.
  Entries ended;     // Destroyed after unlocking: its content belongs to the caller.
  std::unique_lock lock(watch_.mutex_);
  watch_.changed_.wait(lock, [&] { return watch_.telling_ != &*entry_; });
  ended.splice(ended.end(), watch_.entries_, entry_);
  lock.unlock();
}

void GuestWatch::Watching::Ask::operator()() const noexcept {
  {
    const std::lock_guard lock(watch.mutex_);
    entry->asked_to_stop = true;
  }
  watch.changed_.notify_all();
}

}  // namespace namesake::engine
