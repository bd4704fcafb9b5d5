#include "cli/failures.h"

#include <namesake_components.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/log.h"
#include "base/process_limits.h"
#include "cli/exit_code.h"
#include "cli/report.h"

namespace namesake::cli {
namespace {

std::string_view ToText(const std::uint8_t* text, std::size_t length) {
  return {reinterpret_cast<const char*>(text), length};
}

// Removes a stale temporary file of the engine's cache. The engine writes each entry to a temporary
// file first, and fails if that file exists. Usually another process is writing it; but if that
// process was killed or its disk was full, the entry could never be written again.
void RemoveAbandoned(std::string_view words) {
  constexpr std::string_view kBefore = "target path: ";
  constexpr std::string_view kBehind = ", err: ";
  const auto begin = words.find(kBefore);
  const auto end = words.rfind(kBehind);
  if (begin == std::string_view::npos || end == std::string_view::npos) return;
  const std::size_t from = begin + kBefore.size();
  const std::filesystem::path aside =
      std::string(words.substr(from, end - from)) + ".wip-atomic-write-mod";
  std::error_code error;
  const auto written = std::filesystem::last_write_time(aside, error);
  const auto age = std::filesystem::file_time_type::clock::now() - written;
  if (!error && age > std::chrono::minutes(1)) std::filesystem::remove(aside, error);
}

// The engine warns about every entry, and also about some auxiliary files.
void OnCacheWarning(const std::uint8_t* text, std::size_t length) noexcept {
  static std::atomic<bool> told = false;
  const std::string_view words = ToText(text, length);
  const bool is_taken = words.contains("(os error 17)");
  if (is_taken) RemoveAbandoned(words);
  const bool is_first = words.starts_with("Failed to ") && !is_taken && !told.exchange(true);
  base::Log().log(is_first ? spdlog::level::warn : spdlog::level::debug,
                  "the compiled guest is not cached: {}", words);
}

// Runs on any thread. Other threads go on meanwhile, so it destroys nothing.
void OnPanic(const std::uint8_t* text, std::size_t length) noexcept {
  const std::string limit = base::ProcessLimitText(ToText(text, length));
  if (limit.empty()) {
    Report(kGuestTrapped, "the engine failed: {}", ToText(text, length));
    return;
  }
  ::_exit(Report(kBadUsage, "the engine can't continue: {}", limit));
}

}  // namespace

void PrepareEngine() {
  namesake_on_cache_warning(OnCacheWarning);
  namesake_on_panic(OnPanic);
}

// If it can't open a file, the engine ends the process, and OpenVINO may hang at its start.
Result<void> CheckProcess() {
  constexpr int kFiles = 8;
  return base::CheckOpenFiles(kFiles);
}

int ReportException(const std::exception& error) {
  const std::string text = base::NoThreadText(error);
  return Report(text == error.what() ? kOutputFailed : kBadUsage, "{}", text);
}

}  // namespace namesake::cli
