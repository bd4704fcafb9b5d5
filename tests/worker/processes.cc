#include "worker/processes.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "support/gate.h"

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

// Returns the part of a "stat" file of proc(5) after the name, which begins with the state. The
// name is in brackets and may be anything.
std::string AfterName(const std::string& stat) {
  constexpr std::string_view kEnd = ") ";
  const auto end = stat.rfind(kEnd);
  return end == std::string::npos ? "" : stat.substr(end + kEnd.size());
}

// 0 if the process has ended.
pid_t ParentOf(pid_t process) {
  std::istringstream fields(AfterName(Content(ProcessPath(process) / "stat")));
  std::string state;
  pid_t parent = 0;
  fields >> state >> parent;
  return parent;
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

std::vector<pid_t> KeepersOf(const fs::path& program) {
  std::vector<pid_t> keepers;
  for (const pid_t worker : WorkersOf(program)) keepers.push_back(ParentOf(worker));
  std::erase(keepers, 0);
  return keepers;
}

std::vector<pid_t> WorkersOf(const fs::path& program) {
  const std::vector<pid_t> all = ProcessesOf(program);
  std::vector<pid_t> workers;
  std::ranges::copy_if(all, std::back_inserter(workers), [&](pid_t process) {
    return std::ranges::count(all, ParentOf(process)) != 0;
  });
  return workers;
}

std::vector<pid_t> AwaitWorkers(const fs::path& program, std::size_t count) {
  std::vector<pid_t> workers;
  EXPECT_TRUE(test::Eventually([&] {
    workers = WorkersOf(program);
    return workers.size() == count;
  })) << "there are "
      << workers.size() << " workers";
  return workers;
}

pid_t AwaitWorker(const fs::path& program) {
  const auto workers = AwaitWorkers(program, 1);
  return workers.size() == 1 ? workers.front() : 0;
}

bool Signal(pid_t process, int signal) {
  if (process > 1) return ::kill(process, signal) == 0;
  ADD_FAILURE() << "there is no process " << process << " to send a signal to";
  return false;
}

bool IsStopped(pid_t process) {
  std::error_code error;
  for (const auto& thread : fs::directory_iterator(ProcessPath(process) / "task", error)) {
    if (!AfterName(Content(thread.path() / "stat")).starts_with("T")) return false;
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
