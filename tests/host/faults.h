// Makes allocations and thread starts fail on demand. A program that uses this links faults.cc,
// which replaces operator new and the libstdc++ function that starts threads.
#ifndef NAMESAKE_TESTS_HOST_FAULTS_H_
#define NAMESAKE_TESTS_HOST_FAULTS_H_

#include <atomic>
#include <cstdint>
#include <functional>

namespace namesake::test {

// How long a shortage lasts: one allocation or thread start, or all from then on.
enum class Shortage : std::uint8_t { kOne, kLasting };

// Shared by all threads.
class Faults {
 public:
  // Makes the nth allocation or thread start fail; counts from 1.
  static void Arm(std::uint64_t nth, Shortage shortage) {
    nth_ = nth;
    lasting_ = shortage == Shortage::kLasting;
    count_ = 0;
    fired_ = false;
    armed_ = true;
  }
  // Returns whether any failed.
  static bool Disarm() {
    armed_ = false;
    return fired_;
  }
  // Suspends faults, for code that is not under test.
  static void Pause() { armed_ = false; }
  static void GoOn() { armed_ = true; }
  // Returns whether the calling allocation or thread start must fail.
  static bool Due() {
    if (!armed_.load()) return false;
    const std::uint64_t number = ++count_;
    if (number < nth_ || (number > nth_ && !lasting_)) return false;
    fired_ = true;
    return true;
  }

 private:
  static inline std::atomic<bool> armed_ = false;
  static inline std::atomic<bool> lasting_ = false;
  static inline std::atomic<bool> fired_ = false;
  static inline std::atomic<std::uint64_t> nth_ = 0;
  static inline std::atomic<std::uint64_t> count_ = 0;
};

// Called when this thread is about to start another; null to do nothing.
inline thread_local const std::function<void()>* before_thread_start = nullptr;

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_HOST_FAULTS_H_
