// Runs code in a process that enters the sandbox, and serves its files as the host would.
#ifndef NAMESAKE_TESTS_BACKEND_PROGRAM_SANDBOXED_H_
#define NAMESAKE_TESTS_BACKEND_PROGRAM_SANDBOXED_H_

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "backend_program/sandbox.h"
#include "backend_program/virtual_files.h"

namespace namesake::backend_program {

// How a process ended.
struct Ended {
  // -1 if a signal ended it.
  int exit_code = -1;
  int signal = 0;
  std::string report;

  friend bool operator==(const Ended&, const Ended&) = default;
};
std::ostream& operator<<(std::ostream& stream, const Ended& ended);

// The process has reported this and ended on its own, or was ended by a signal.
Ended Reported(std::string_view report);
Ended KilledBy(int signal);

// The files that the test's process opens for the other: in the order of FileOpener's indices, and
// beneath a folder for libraries.
struct ServedFiles {
  std::vector<std::filesystem::path> files{};
  std::filesystem::path library_folder{};
};

// The other process's end of what serves its files, and its way to report.
class Child : public FileOpener, public LibraryOpener {
 public:
  Child(int socket, int report) : socket_(socket), report_(report) {}
  virtual ~Child() = default;

  int Open(std::size_t file) noexcept override;
  int OpenLibrary(const char* path) noexcept override;

  // Adds a text to what the test gets.
  void Report(std::string_view text) const;
  // Reports the name of the current errno, or "done" if `success`.
  void ReportOutcome(bool success) const;
  // Ends the process, with the error in the report, unless the step has succeeded.
  template <typename T>
  void Must(const Result<T>& step) const {
    if (!step) Abandon(step.error().detail());
  }

  // Both steps into the sandbox, with nothing readable. Only once.
  void EnterSandbox();

 private:
  int Ask(char kind, std::size_t file, const char* path) noexcept;
  [[noreturn]] void Abandon(std::string_view reason) const;

  const int socket_;
  const int report_;
  std::mutex mutex_{};
};

ConfineOptions LooseOptions();

// Makes a lock and closes it at once.
Result<void> LockSystemCalls(const LockOptions& options);

// Forks, runs `body` in the new process, and returns how that has ended.
Ended RunInChild(const std::function<void(Child&)>& body, const ServedFiles& served = {});
// The same, with a body that runs in the sandbox.
Ended RunInSandbox(const std::function<void(Child&)>& body, const ServedFiles& served = {});

}  // namespace namesake::backend_program

#endif  // NAMESAKE_TESTS_BACKEND_PROGRAM_SANDBOXED_H_
