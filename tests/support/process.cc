#include "support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <ostream>
#include <string_view>
#include <utility>

namespace namesake::test {
namespace {

using Clock = std::chrono::steady_clock;

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

// Closed on exec, so that programs started by other threads do not inherit it.
Pipe MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {};
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

bool SameVariable(std::string_view a, std::string_view b) {
  return a.substr(0, a.find('=')) == b.substr(0, b.find('='));
}

std::vector<std::string> Environment(const std::vector<std::string>& added) {
  std::vector<std::string> environment = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const auto replaced = [&](const std::string& other) { return SameVariable(other, *entry); };
    if (std::ranges::none_of(added, replaced)) environment.emplace_back(*entry);
  }
  return environment;
}

struct Child {
  pid_t pid = -1;
  FileDescriptor in{};
  FileDescriptor out{};
  FileDescriptor err{};
  int spawn_error = 0;
};

// Starts the child as leader of a new process group, so that a time limit can end it and all its
// descendants.
Child Spawn(const std::vector<std::string>& command, const ProcessOptions& options) {
  Pipe in = MakePipe();
  Pipe out = MakePipe();
  Pipe err = MakePipe();
  if (!in.write_end.open() || !out.read_end.open() || !err.read_end.open()) {
    return {.spawn_error = errno};
  }

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write_end.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write_end.get(), STDERR_FILENO);
  if (!options.working_directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions, options.working_directory.c_str());
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  const std::vector<std::string> environment = Environment(options.environment);
  Child child;
  child.spawn_error = posix_spawnp(&child.pid, command.at(0).c_str(), &actions, &attributes,
                                   Pointers(command).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  child.in = std::move(in.write_end);
  child.out = std::move(out.read_end);
  child.err = std::move(err.read_end);
  return child;
}

// Closes `fd` at the end of the stream.
void ReadSome(FileDescriptor& fd, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t count = read(fd.get(), buffer.data(), buffer.size());
  if (count > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  } else if (count == 0 || (errno != EINTR && errno != EAGAIN)) {
    fd.Close();
  }
}

// Closes `fd` when everything is written, or when no reader is left.
void WriteSome(FileDescriptor& fd, std::string_view& text) {
  const ssize_t count = write(fd.get(), text.data(), text.size());
  if (count >= 0) text.remove_prefix(static_cast<std::size_t>(count));
  const bool broken = count < 0 && errno != EINTR && errno != EAGAIN;
  if (broken || text.empty()) fd.Close();
}

// Makes a write to an ended program fail instead of ending the test. Blocks the signal only in this
// thread, so the process's own handling stays unchanged.
class IgnoreBrokenPipe {
 public:
  IgnoreBrokenPipe() {
    sigemptyset(&broken_pipe_);
    sigaddset(&broken_pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe_, &before_);
  }
  ~IgnoreBrokenPipe() {
    const timespec now{};
    while (sigtimedwait(&broken_pipe_, nullptr, &now) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  IgnoreBrokenPipe(const IgnoreBrokenPipe&) = delete;
  IgnoreBrokenPipe& operator=(const IgnoreBrokenPipe&) = delete;

 private:
  sigset_t broken_pipe_;
  sigset_t before_;
};

// Moves bytes until both outputs have ended (true) or the time is up (false).
bool Exchange(Child& child, std::string_view input, Clock::time_point end, ProcessResult& result) {
  const IgnoreBrokenPipe ignore_broken_pipe;
  fcntl(child.in.get(), F_SETFL, O_NONBLOCK);
  if (input.empty()) child.in.Close();
  while (child.out.open() || child.err.open()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0) return false;
    std::array<pollfd, 3> fds = {
        {{child.in.get(), POLLOUT, 0}, {child.out.get(), POLLIN, 0}, {child.err.get(), POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), static_cast<int>(left.count())) < 0) continue;
    if (fds[0].revents != 0) WriteSome(child.in, input);
    if (fds[1].revents != 0) ReadSome(child.out, result.out);
    if (fds[2].revents != 0) ReadSome(child.err, result.err);
  }
  return true;
}

// Returns the exit status, or nothing if the program still runs at `end`.
std::optional<int> WaitUntil(pid_t pid, Clock::time_point end) {
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() >= end) return std::nullopt;
    usleep(200);
  }
  return status;
}

int Kill(pid_t pid) {
  int status = 0;
  kill(-pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

ProcessResult RunProcess(const std::vector<std::string>& command, const ProcessOptions& options) {
  const auto start = Clock::now();
  const auto end = start + options.timeout;
  ProcessResult result;
  Child child = Spawn(command, options);
  if (child.spawn_error != 0) {
    result.exit_code = 127;
    result.err = command.at(0) + ": " + std::strerror(child.spawn_error);
    return result;
  }
  const bool ended = Exchange(child, options.input, end, result);
  std::optional<int> status = ended ? WaitUntil(child.pid, end) : std::nullopt;
  if (!status) {
    result.timed_out = true;
    status = Kill(child.pid);
  }
  result.exit_code = WIFSIGNALED(*status) ? 128 + WTERMSIG(*status) : WEXITSTATUS(*status);
  result.wall_time = Clock::now() - start;
  return result;
}

std::ostream& operator<<(std::ostream& stream, const ProcessResult& result) {
  return stream << "exit code " << result.exit_code << (result.timed_out ? " (timed out)" : "")
                << "\n--- standard output\n"
                << result.out << "\n--- standard error\n"
                << result.err << "\n---\n";
}

}  // namespace namesake::test
