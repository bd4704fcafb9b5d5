// How long the parts of a command took, for people who want to know where the time goes.
#ifndef NAMESAKE_CLI_PHASES_H_
#define NAMESAKE_CLI_PHASES_H_

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace namesake::cli {

class Phases {
 public:
  using Clock = std::chrono::steady_clock;

  // Ends the phase that began with the last call, or with construction.
  void End(std::string_view name) {
    const auto now = Clock::now();
    phases_.emplace_back(name, now - last_);
    last_ = now;
  }

  void Print(std::FILE* file) const {
    Clock::duration sum{};
    for (const auto& [name, duration] : phases_) {
      fmt::print(file, "{:<28} {:>9.2f} ms\n", name, Milliseconds(duration));
      sum += duration;
    }
    fmt::print(file, "{:<28} {:>9.2f} ms\n", "all", Milliseconds(sum));
  }

 private:
  static double Milliseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
  }

  Clock::time_point last_ = Clock::now();
  std::vector<std::pair<std::string_view, Clock::duration>> phases_;
};

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_PHASES_H_
