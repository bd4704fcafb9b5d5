#include "worker/control_group.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/fail.h"
#include "base/file.h"
#include "base/next_id.h"

namespace namesake::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "namesake-";

std::unexpected<Error> Failed(const fs::path& path, std::string_view what, int error_number) {
  return base::Fail(ErrorCode::kRuntimeError, "can't limit a worker's memory{}",
                    Wording("", fmt::format(" in {}: {}: {}; see worker_cgroup", path.string(),
                                            what, base::SystemReason(error_number))));
}

// The kernel takes what is written at once or not at all.
Result<void> WriteTo(const fs::path& path, std::string_view text) {
  const base::FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.valid() || ::write(file.get(), text.data(), text.size()) < 0) {
    return Failed(path.parent_path(), path.filename().string(), errno);
  }
  return {};
}

bool Exists(const fs::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

// The host that made a group of this name; 0 if none did.
pid_t MakerOf(std::string_view name) {
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  pid_t maker = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), maker);
  return error == std::errc() && end != name.data() + name.size() && *end == '-' ? maker : 0;
}

void RemoveLeftBehind(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    const pid_t maker = MakerOf(entry.path().filename().string());
    // One that still has processes stays.
    if (maker > 0 && ::kill(maker, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

}  // namespace

Result<std::unique_ptr<ControlGroup>> ControlGroup::Make(const fs::path& parent) {
  RemoveLeftBehind(parent);
  // Version 2 has the controller in a group only if its parent says so.
  if (Exists(parent / "cgroup.subtree_control")) {
    auto enabled = WriteTo(parent / "cgroup.subtree_control", "+memory");
    if (!enabled) return base::Fail(std::move(enabled));
  }
  fs::path path = parent / fmt::format("{}{}-{}", kPrefix, ::getpid(), base::NextId());
  constexpr mode_t kMode = 0755;
  if (::mkdir(path.c_str(), kMode) != 0) return Failed(parent, "mkdir", errno);
  std::unique_ptr<ControlGroup> group(new ControlGroup(std::move(path)));
  if (group->Has("memory.max") || group->Has("memory.limit_in_bytes")) return group;
  return base::Fail(ErrorCode::kRuntimeError, "can't limit a worker's memory{}",
                    Wording("", fmt::format(": {} is no control group with the memory controller; "
                                            "see worker_cgroup",
                                            parent.string())));
}

ControlGroup::~ControlGroup() {
  // A process that was just killed is still there for a moment.
  constexpr int kMostTries = 1000;
  for (int i = 0; i < kMostTries && ::rmdir(path_.c_str()) != 0 && errno == EBUSY; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Result<void> ControlGroup::Write(std::string_view file, std::string_view text) const {
  return WriteTo(path_ / file, text);
}

bool ControlGroup::Has(std::string_view file) const { return Exists(path_ / file); }

Result<void> ControlGroup::Confine(pid_t process, std::uint64_t most_bytes) const {
  const std::string most = fmt::to_string(most_bytes);
  const bool is_second = Has("memory.max");
  if (auto set = Write(is_second ? "memory.max" : "memory.limit_in_bytes", most); !set) return set;
  // A kernel without swap, or that does not count it, has no such file.
  if (is_second && Has("memory.swap.max")) {
    if (auto set = Write("memory.swap.max", "0"); !set) return set;
  }
  if (!is_second && Has("memory.memsw.limit_in_bytes")) {
    if (auto set = Write("memory.memsw.limit_in_bytes", most); !set) return set;
  }
  return Write("cgroup.procs", fmt::to_string(process));
}

bool ControlGroup::RanOut() const {
  // Lines of a name and a number, in both versions.
  std::ifstream events(path_ / (Has("memory.events") ? "memory.events" : "memory.oom_control"));
  std::string name;
  std::uint64_t count = 0;
  while (events >> name >> count) {
    if (name == "oom_kill") return count > 0;
  }
  return false;
}

}  // namespace namesake::worker
