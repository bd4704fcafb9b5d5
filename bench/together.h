// Several contexts at once, each on a thread of its own.
#ifndef NAMESAKE_BENCH_TOGETHER_H_
#define NAMESAKE_BENCH_TOGETHER_H_

#include <functional>
#include <thread>
#include <vector>

namespace namesake::bench {

// Runs each step that often, on a thread of its own, and waits for all.
inline void Together(int times, const std::vector<std::function<void()>>& steps) {
  std::vector<std::jthread> threads;
  for (const auto& step : steps) {
    threads.emplace_back([&step, times] {
      for (int i = 0; i < times; ++i) step();
    });
  }
}

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_TOGETHER_H_
