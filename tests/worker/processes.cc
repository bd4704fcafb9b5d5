#include "worker/processes.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>

namespace namesake::worker {
namespace {

namespace fs = std::filesystem;

// Empty if the process ends before it is read, or meanwhile.
std::string Content(const fs::path& path) {
  const std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::size_t EntriesOf(const fs::path& directory) {
  std::error_code error;
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(directory, error), fs::directory_iterator()));
}

fs::path ProcessPath(pid_t process) { return fs::path("/proc") / std::to_string(process); }

bool IsKeeper(pid_t process) {
  return Content(ProcessPath(process) / "comm").starts_with("namesake-keeper");
}

std::vector<pid_t> Those(const fs::path& program, bool keepers) {
  std::vector<pid_t> those;
  for (const pid_t process : ProcessesOf(program)) {
    if (IsKeeper(process) == keepers) those.push_back(process);
  }
  return those;
}

}  // namespace

std::vector<pid_t> ProcessesOf(const fs::path& program) {
  std::vector<pid_t> processes;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t process = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (bad != std::errc() || end != name.data() + name.size()) continue;
    const std::string command = Content(entry.path() / "cmdline");
    if (command.c_str() == program.string()) processes.push_back(process);
  }
  return processes;
}

std::vector<pid_t> KeepersOf(const fs::path& program) { return Those(program, true); }
std::vector<pid_t> WorkersOf(const fs::path& program) { return Those(program, false); }

bool IsStopped(pid_t process) {
  std::error_code error;
  for (const auto& thread : fs::directory_iterator(ProcessPath(process) / "task", error)) {
    // The state follows the name, which is in brackets and may be anything.
    const std::string state = Content(thread.path() / "stat");
    const auto name_end = state.rfind(')');
    if (name_end == std::string::npos || !state.substr(name_end).starts_with(") T")) return false;
  }
  return !error;
}

std::size_t DescriptorsOf(pid_t process) { return EntriesOf(ProcessPath(process) / "fd"); }

Held HeldNow() {
  return {.descriptors = EntriesOf("/proc/self/fd"), .threads = EntriesOf("/proc/self/task")};
}

std::ostream& operator<<(std::ostream& stream, const Held& held) {
  return stream << held.descriptors << " descriptors and " << held.threads << " threads";
}

}  // namespace namesake::worker
