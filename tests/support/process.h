// Runs a program and waits for its end, for tests of whole programs.
#ifndef NAMESAKE_TESTS_SUPPORT_PROCESS_H_
#define NAMESAKE_TESTS_SUPPORT_PROCESS_H_

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace namesake::test {

struct ProcessOptions {
  // Given to the program as its standard input, which then ends.
  std::string input{};
  // "NAME=VALUE", added to this process's environment or in place of what it has there.
  std::vector<std::string> environment{};
  // Empty: this process's own.
  std::filesystem::path working_directory{};
  // A program that runs longer is killed, with all that it started.
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

// Prints itself in a failed expectation: `EXPECT_EQ(result.exit_code, 0) << result;`.
struct ProcessResult {
  // As a shell has it: 128 plus the signal's number for a program that a signal ended.
  int exit_code = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
  std::chrono::nanoseconds wall_time{};
};

// `command[0]` is a path, or a name to look up in PATH. A program that can't be started has exit
// code 127 and the reason in `err`. Safe for all threads.
ProcessResult RunProcess(const std::vector<std::string>& command,
                         const ProcessOptions& options = {});

std::ostream& operator<<(std::ostream& stream, const ProcessResult& result);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_PROCESS_H_
