#include "cli/failures.h"

#include <namesake_components.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/process_limits.h"
#include "cli/exit_code.h"
#include "cli/report.h"

namespace namesake::cli {
namespace {

std::string_view ToText(const std::uint8_t* text, std::size_t length) {
  return {reinterpret_cast<const char*>(text), length};
}

// The engine tells of each entry, and for each of some files beside it.
void OnCacheWarning(const std::uint8_t* text, std::size_t length) noexcept {
  static std::atomic<bool> told = false;
  const std::string_view words = ToText(text, length);
  const bool is_first = words.starts_with("Failed to ") && !told.exchange(true);
  Log().log(is_first ? spdlog::level::warn : spdlog::level::debug,
            "the compiled guest is not kept in the cache: {}", words);
}

// On any thread; the others go on meanwhile, so that nothing is taken apart.
void OnPanic(const std::uint8_t* text, std::size_t length) noexcept {
  const std::string limit = ProcessLimitText(ToText(text, length));
  if (limit.empty()) {
    Report(kGuestTrapped, "the engine failed: {}", ToText(text, length));
    return;
  }
  ::_exit(Report(kBadUsage, "the engine can't go on: {}", limit));
}

}  // namespace

void PrepareEngine() {
  namesake_on_cache_warning(OnCacheWarning);
  namesake_on_panic(OnPanic);
}

// The engine ends the process where it can't open a file, and OpenVINO's start may hang.
Result<void> CheckProcess() {
  constexpr int kFiles = 8;
  return CheckOpenFiles(kFiles);
}

int ReportException(const std::exception& error) {
  const std::string text = NoThreadText(error);
  return Report(text == error.what() ? kOutputFailed : kBadUsage, "{}", text);
}

}  // namespace namesake::cli
