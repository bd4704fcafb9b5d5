#include "engine/guest_alarm.h"

#include <system_error>
#include <utility>

#include "base/fail.h"

namespace namesake::engine {
namespace {

// A guest that looks at the clock just before its deadline sets its mark by the epoch just after,
// and may so miss one move of it; it does not miss them all.
constexpr std::chrono::milliseconds kAgain(10);

}  // namespace

Result<std::unique_ptr<GuestAlarm>> GuestAlarm::Start(const wasmtime::Engine& engine,
                                                      Options options) {
  try {
    return std::unique_ptr<GuestAlarm>(new GuestAlarm(engine, std::move(options)));
  } catch (const std::system_error& error) {
    return base::Fail(ErrorCode::kRuntimeError, "there is no thread to watch the guest's time: {}",
                      error.code().message());
  }
}

GuestAlarm::GuestAlarm(const wasmtime::Engine& engine, Options options)
    : engine_(engine),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { Watch(stop); }) {}

void GuestAlarm::Watch(const std::stop_token& stop) {
  const Deadline::Clock::time_point deadline = *options_.deadline.when();
  if (!SleepUntil(deadline, stop)) return;
  bool told = !options_.on_overdue;
  do {
    engine_.increment_epoch();
    if (!told && Deadline::Clock::now() - deadline >= options_.grace) {
      options_.on_overdue();
      told = true;
    }
  } while (SleepUntil(Deadline::Clock::now() + kAgain, stop));
}

bool GuestAlarm::SleepUntil(Deadline::Clock::time_point when, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  stopped_.wait_until(lock, stop, when, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace namesake::engine
