// Runs a program to its end, for tests of whole programs.
#ifndef NAMESAKE_TESTS_SUPPORT_PROCESS_H_
#define NAMESAKE_TESTS_SUPPORT_PROCESS_H_

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace namesake::test {

struct ProcessOptions {
  // The program's standard input; ends after it.
  std::string input{};
  // "NAME=VALUE" entries that extend or override this process's environment.
  std::vector<std::string> environment{};
  // Empty for this process's own.
  std::filesystem::path working_directory{};
  // A program that runs longer is killed, with all its descendants.
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

// Prints itself in failed expectations: `EXPECT_EQ(result.exit_code, 0) << result;`.
struct ProcessResult {
  // As in a shell: 128 plus the signal's number if a signal ended the program.
  int exit_code = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
  std::chrono::nanoseconds wall_time{};
};

// Runs `command[0]`, which is a path or a name to look up in PATH. If it can't be started, returns
// exit code 127 with the reason in `err`. Thread-safe.
ProcessResult RunProcess(const std::vector<std::string>& command,
                         const ProcessOptions& options = {});

std::ostream& operator<<(std::ostream& stream, const ProcessResult& result);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_PROCESS_H_
