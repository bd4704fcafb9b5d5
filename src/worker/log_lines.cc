#include "worker/log_lines.h"

#include <array>
#include <utility>

#include "base/log.h"

namespace namesake::worker {
namespace {

constexpr std::size_t kMostBytes = 1024;
constexpr std::size_t kMostInSecond = 50;

// Backends of ours log as "<level>text"; a library's own lines have no level.
std::pair<spdlog::level::level_enum, std::string_view> Split(std::string_view line) {
  constexpr std::array<std::pair<std::string_view, spdlog::level::level_enum>, 4> kLevels = {{
      {"<debug>", spdlog::level::debug},
      {"<info>", spdlog::level::info},
      {"<warning>", spdlog::level::warn},
      {"<error>", spdlog::level::err},
  }};
  for (const auto& [mark, level] : kLevels) {
    if (line.starts_with(mark)) return {level, line.substr(mark.size())};
  }
  return {spdlog::level::debug, line};
}

}  // namespace

void LogLines::LogDropped() {
  if (dropped_ > 0) base::Log().warn("{}: {} more lines, which are not logged", from_, dropped_);
  dropped_ = 0;
}

bool LogLines::MayLog() {
  const auto now = std::chrono::steady_clock::now();
  if (now - second_ >= std::chrono::seconds(1)) {
    LogDropped();
    second_ = now;
    in_second_ = 0;
  }
  if (++in_second_ <= kMostInSecond) return true;
  ++dropped_;
  return false;
}

void LogLines::TakeLine(std::string_view line) {
  line = line.substr(0, kMostBytes);
  if (line.empty()) return;
  const auto [level, text] = Split(line);
  last_ = text;
  // A line that nobody sees takes none of the rate.
  if (!base::Log().should_log(level) || !MayLog()) return;
  base::Log().log(level, "{}: {}", from_, text);
}

void LogLines::Take(std::string_view text) {
  for (;;) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    part_.append(text.substr(0, end).substr(0, kMostBytes));
    TakeLine(part_);
    part_.clear();
    text.remove_prefix(end + 1);
  }
  if (part_.size() < kMostBytes) part_.append(text.substr(0, kMostBytes));
}

void LogLines::Finish() {
  TakeLine(part_);
  part_.clear();
  LogDropped();
}

}  // namespace namesake::worker
