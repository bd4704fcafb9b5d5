#include "base/process_limits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "base/text.h"

namespace namesake::base {
namespace {

std::optional<std::uint64_t> LimitOf(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return std::nullopt;
  if (limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return limit.rlim_cur;
}

std::string CountOrNone(std::optional<std::uint64_t> limit) {
  return limit ? fmt::to_string(*limit) : "unlimited";
}

}  // namespace

std::optional<std::uint64_t> FileSizeLimit() { return LimitOf(RLIMIT_FSIZE); }

std::string ProcessLimitText(int error_number) {
  switch (error_number) {
    case EMFILE:
      return fmt::format("the limit on open files (ulimit -n) is {}; raise it",
                         CountOrNone(LimitOf(RLIMIT_NOFILE)));
    case EAGAIN:
      return fmt::format(
          "the limit on threads is reached (ulimit -u is {}; a container may have its own limit); "
          "raise it",
          CountOrNone(LimitOf(RLIMIT_NPROC)));
    case ENOMEM:
      if (const auto limit = LimitOf(RLIMIT_AS)) {
        return fmt::format(
            "the limit on address space (ulimit -v) is {}, but a guest's memory alone reserves "
            "more than 4 GiB; remove it, and limit guests with --max-guest-memory instead",
            SizeText(*limit));
      }
      return "";
    case EFBIG:
      if (const auto limit = FileSizeLimit()) {
        return fmt::format("the limit on file size (ulimit -f) is {}; raise it", SizeText(*limit));
      }
      return "";
    default:
      return "";
  }
}

std::string ProcessLimitText(std::string_view words) {
  for (const int error_number : {EMFILE, EAGAIN, ENOMEM, EFBIG}) {
    if (words.ends_with(fmt::format("(os error {})", error_number)) ||
        words.contains(fmt::format("Os {{ code: {},", error_number)) ||
        words.ends_with(std::generic_category().message(error_number))) {
      return ProcessLimitText(error_number);
    }
  }
  return words.starts_with("mmap failed") ? ProcessLimitText(ENOMEM) : "";
}

std::string NoThreadText(const std::exception& error) {
  const auto* const system = dynamic_cast<const std::system_error*>(&error);
  const std::string limit =
      system == nullptr ? std::string() : ProcessLimitText(system->code().value());
  return limit.empty() ? error.what() : limit;
}

Result<void> CheckOpenFiles(int count) {
  std::vector<FileDescriptor> files;
  for (int i = 0; i < count; ++i) {
    files.emplace_back(::open("/", O_PATH | O_CLOEXEC));
    if (!files.back().valid() && errno == EMFILE) {
      return Fail(ErrorCode::kRuntimeError, "{}", ProcessLimitText(EMFILE));
    }
  }
  return {};
}

}  // namespace namesake::base
