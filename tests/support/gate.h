// For tests that stop a thread in the middle and see whether others come through.
#ifndef NAMESAKE_TESTS_SUPPORT_GATE_H_
#define NAMESAKE_TESTS_SUPPORT_GATE_H_

#include <chrono>
#include <future>
#include <latch>
#include <thread>
#include <utility>

namespace namesake::test {

// After which a thread counts as one that hangs.
inline constexpr auto kHang = std::chrono::seconds(10);

// Something that waits until it is let go.
class Gate {
 public:
  void Pass() {
    reached_.count_down();
    open_.wait();
  }
  bool AwaitReached() {
    const auto end = std::chrono::steady_clock::now() + kHang;
    while (!reached_.try_wait() && std::chrono::steady_clock::now() < end) {
      std::this_thread::yield();
    }
    return reached_.try_wait();
  }
  void Open() { open_.count_down(); }

 private:
  std::latch reached_{1};
  std::latch open_{1};
};

// Whether something comes true that another thread does.
template <typename Condition>
bool Eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kHang;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Whether a thread of its own comes to the end of `act` while something is held. It is joined after
// `release`, so that a test fails and ends where it does not.
template <typename Act, typename Release>
bool ComesThrough(Act act, Release release) {
  std::packaged_task<void()> task(std::move(act));
  const auto done = task.get_future();
  const std::jthread thread(std::move(task));
  const bool came = done.wait_for(kHang) == std::future_status::ready;
  release();
  return came;
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_GATE_H_
