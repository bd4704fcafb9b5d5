#include "worker/watch.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "base/process_limits.h"

namespace namesake::worker {
namespace {

constexpr Watch::Id kWake = 0;

}  // namespace

struct Watch::State {
  struct Entry {
    int file = -1;
    Deadline deadline = Deadline::Never();
    std::chrono::nanoseconds period{0};
    std::shared_ptr<Callback> callback{};
  };

  Id Add(Entry entry);
  void Run() noexcept;
  int NextTimeout() const;
  void Deliver(Id id, News news);
  void DeliverTimeouts();
  void Forget(Id id);
  void Wake() const;

  base::FileDescriptor epoll{};
  base::FileDescriptor wake{};
  // Held while a callback runs.
  std::recursive_mutex running{};
  mutable std::mutex mutex{};
  // Guarded by mutex:
  std::map<Id, Entry> entries{};
  Id next = kWake + 1;
  bool ending = false;
};

Watch::Watch(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::shared_ptr<Watch>> Watch::Start() {
  auto state = std::make_shared<State>();
  state->epoll = base::FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
  state->wake = base::FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event = {.events = EPOLLIN, .data = {.u64 = kWake}};
  if (!state->epoll.valid() || !state->wake.valid() ||
      ::epoll_ctl(state->epoll.get(), EPOLL_CTL_ADD, state->wake.get(), &event) != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "can't watch workers: {}",
                      base::SystemWording(errno));
  }
  std::shared_ptr<Watch> watch(new Watch(state));
  try {
    watch->thread_ = std::thread([state] { state->Run(); });
  } catch (const std::system_error& error) {
    return base::Fail(ErrorCode::kRuntimeError, "can't start a thread to watch workers{}",
                      Wording("", fmt::format(": {}", base::NoThreadText(error))));
  }
  return watch;
}

Watch::~Watch() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->Wake();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

Watch::Id Watch::OnReadable(int file, Callback callback) {
  return state_->Add({.file = file, .callback = std::make_shared<Callback>(std::move(callback))});
}

Watch::Id Watch::OnReadable(int file, Deadline deadline, Callback callback) {
  return state_->Add({.file = file,
                      .deadline = deadline,
                      .callback = std::make_shared<Callback>(std::move(callback))});
}

Watch::Id Watch::Every(std::chrono::nanoseconds period, Callback callback) {
  return state_->Add({.deadline = Deadline::After(period),
                      .period = period,
                      .callback = std::make_shared<Callback>(std::move(callback))});
}

void Watch::Remove(Id id) {
  state_->Forget(id);
  // Waits for a callback that has begun.
  const std::lock_guard running(state_->running);
}

void Watch::State::Wake() const {
  const std::uint64_t one = 1;
  static_cast<void>(::write(wake.get(), &one, sizeof one));
}

Watch::Id Watch::State::Add(Entry entry) {
  const int file = entry.file;
  Id id = 0;
  {
    const std::lock_guard lock(mutex);
    id = next++;
    entries.emplace(id, std::move(entry));
  }
  if (file >= 0) {
    epoll_event event = {.events = EPOLLIN, .data = {.u64 = id}};
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, file, &event);
  }
  Wake();
  return id;
}

void Watch::State::Forget(Id id) {
  Entry forgotten;  // Destroyed after unlocking.
  const std::lock_guard lock(mutex);
  const auto found = entries.find(id);
  if (found == entries.end()) return;
  forgotten = std::move(found->second);
  entries.erase(found);
  if (forgotten.file >= 0) ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, forgotten.file, nullptr);
}

int Watch::State::NextTimeout() const {
  using std::chrono::ceil, std::chrono::milliseconds;
  const std::lock_guard lock(mutex);
  if (ending) return 0;
  Deadline first = Deadline::Never();
  for (const auto& [id, entry] : entries) first = Deadline::Earlier(first, entry.deadline);
  if (first.never()) return -1;
  const auto left = ceil<milliseconds>(*first.when() - Deadline::Clock::now());
  constexpr milliseconds kMost{60'000};
  return static_cast<int>(std::clamp(left, milliseconds(0), kMost).count());
}

void Watch::State::Deliver(Id id, News news) {
  const std::lock_guard one_at_a_time(running);
  std::shared_ptr<Callback> callback;
  {
    const std::lock_guard lock(mutex);
    const auto found = entries.find(id);
    if (found == entries.end()) return;
    Entry& entry = found->second;
    callback = entry.callback;
    if (news == News::kTimeout) entry.deadline = Deadline::Never();
    if (entry.period.count() > 0) entry.deadline = Deadline::After(entry.period);
  }
  try {
    if (!(*callback)(news)) Forget(id);
  } catch (const std::bad_alloc&) {
    // The descriptor is still readable, so the news comes again.
  }
}

void Watch::State::DeliverTimeouts() {
  std::vector<Id> due;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, entry] : entries) {
      if (entry.deadline.passed()) due.push_back(id);
    }
  }
  for (const Id id : due) Deliver(id, News::kTimeout);
}

void Watch::State::Run() noexcept {
  constexpr int kMostEvents = 16;
  std::array<epoll_event, kMostEvents> events{};
  for (;;) {
    const int count = ::epoll_wait(epoll.get(), events.data(), kMostEvents, NextTimeout());
    {
      const std::lock_guard lock(mutex);
      if (ending) return;
    }
    for (int i = 0; i < count; ++i) {
      const Id id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == kWake) {
        std::uint64_t ignored = 0;
        static_cast<void>(::read(wake.get(), &ignored, sizeof ignored));
      } else {
        Deliver(id, News::kReadable);
      }
    }
    DeliverTimeouts();
  }
}

}  // namespace namesake::worker
