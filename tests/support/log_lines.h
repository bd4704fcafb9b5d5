// Captures what Namesake logs.
#ifndef NAMESAKE_TESTS_SUPPORT_LOG_LINES_H_
#define NAMESAKE_TESTS_SUPPORT_LOG_LINES_H_

#include <spdlog/sinks/ringbuffer_sink.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace namesake::test {

// The lines that Namesake logs, at all levels, during this object's life.
class LogLines {
 public:
  LogLines() {
    sink_->set_pattern("%l: %v");
    base::Log().sinks() = {sink_};
    base::Log().set_level(spdlog::level::debug);
  }
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;
  ~LogLines() {
    base::Log().sinks() = sinks_;
    base::Log().set_level(level_);
  }

  // Returns how many lines so far contain `text`.
  int Count(std::string_view text) const {
    return static_cast<int>(std::ranges::count_if(
        sink_->last_formatted(), [&](const std::string& line) { return line.contains(text); }));
  }

  // Returns the warnings so far, without level and line end.
  std::vector<std::string> Warnings() const {
    constexpr std::string_view kLevel = "warning: ";
    std::vector<std::string> warnings;
    for (const std::string& line : sink_->last_formatted()) {
      if (!line.starts_with(kLevel)) continue;
      warnings.push_back(line.substr(kLevel.size(), line.find('\n') - kLevel.size()));
    }
    return warnings;
  }

 private:
  std::shared_ptr<spdlog::sinks::ringbuffer_sink_mt> sink_ =
      std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(1000);
  spdlog::level::level_enum level_ = base::Log().level();
  std::vector<spdlog::sink_ptr> sinks_ = base::Log().sinks();
};

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_LOG_LINES_H_
