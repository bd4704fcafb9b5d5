// For tests that stop a thread midway and check that others get through.
#ifndef NAMESAKE_TESTS_SUPPORT_GATE_H_
#define NAMESAKE_TESTS_SUPPORT_GATE_H_

#include <chrono>
#include <future>
#include <latch>
#include <thread>
#include <utility>

namespace namesake::test {

// A thread that takes longer than this counts as hanging.
inline constexpr auto kHang = std::chrono::seconds(10);

// Makes threads wait until it is opened.
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

// Waits until another thread makes `condition` true. Returns false after kHang.
template <typename Condition>
bool Eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + kHang;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Runs `act` on a new thread while something is held, and returns whether it finishes in time.
// Joins the thread after `release`, so that a test fails instead of hanging.
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
