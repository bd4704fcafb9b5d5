// Numbers for objects of this process.
#ifndef NAMESAKE_BASE_NEXT_ID_H_
#define NAMESAKE_BASE_NEXT_ID_H_

#include <atomic>
#include <cstdint>

namespace namesake::base {

// Returns a number that it has not returned before; never 0. Thread-safe.
inline std::uint64_t NextId() {
  static std::atomic<std::uint64_t> next = 1;
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_NEXT_ID_H_
