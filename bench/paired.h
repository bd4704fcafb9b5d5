// Times the two sides of a benchmark in turn.
#ifndef NAMESAKE_BENCH_PAIRED_H_
#define NAMESAKE_BENCH_PAIRED_H_

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "namesake/error.h"

namespace namesake::bench {

// Returns the value, or ends the program with the error.
template <typename T>
T Must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().detail());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Returns the duration in seconds.
template <typename Step>
double Time(const Step& step) {
  const auto start = std::chrono::steady_clock::now();
  step();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double Median(std::vector<double>& times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

// The names of the two sides in the report, and how many rounds one step runs.
struct PairNames {
  std::string ours;
  std::string theirs;
  double rounds = 1;
};

// Times both sides in turn, A B B A …, so that changes in the machine's speed affect both. Reports
// each side's median time for a round in microseconds, and the ratio of the medians.
template <typename Ours, typename Theirs>
void Pair(benchmark::State& state, const PairNames& names, const Ours& ours, const Theirs& theirs) {
  std::vector<double> our_times;
  std::vector<double> their_times;
  for (auto iteration : state) {
    const bool ours_first = our_times.size() % 2 == 0;
    if (ours_first) our_times.push_back(Time(ours));
    their_times.push_back(Time(theirs));
    if (!ours_first) our_times.push_back(Time(ours));
    state.SetIterationTime(our_times.back());
  }
  const double our_median = Median(our_times);
  const double their_median = Median(their_times);
  state.counters[names.ours + "_us"] = our_median * 1e6 / names.rounds;
  state.counters[names.theirs + "_us"] = their_median * 1e6 / names.rounds;
  state.counters["ratio"] = our_median / their_median;
}

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_PAIRED_H_
