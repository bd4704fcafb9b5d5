// Measures how long the parts of a command take.
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

  // Ends the phase that began with the previous call or with construction.
  void End(std::string_view name) {
    const auto now = Clock::now();
    phases_.emplace_back(name, now - last_);
    last_ = now;
  }

  void Print(std::FILE* file) const {
    Clock::duration sum{};
    for (const auto& [name, duration] : phases_) {
      PrintLine(file, name, duration);
      sum += duration;
    }
    PrintLine(file, "all", sum);
  }

 private:
  static void PrintLine(std::FILE* file, std::string_view name, Clock::duration duration) {
    const double ms = std::chrono::duration<double, std::milli>(duration).count();
    std::fputs(fmt::format("{:<28} {:>9.2f} ms\n", name, ms).c_str(), file);
  }

  Clock::time_point last_ = Clock::now();
  std::vector<std::pair<std::string_view, Clock::duration>> phases_;
};

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_PHASES_H_
