// The sandbox of a backend's process: a program that runs a vendor's library for one tenant, and
// holds nothing else.
//
// It closes in two steps. Confine() runs first, while the process has one thread: it takes away the
// file system, the network and privileges, for all threads to come. The backend then warms itself
// up: it loads its plugins and starts its threads, and nobody's bytes have reached the process yet.
// Then a SystemCallLock leaves only the system calls that the work on models needs. From then on,
// no path of the machine can be named: calls that take one are answered in the process itself, for
// models by virtual_files.h and for the backend's own libraries by a LibraryOpener.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_SANDBOX_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_SANDBOX_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namesake/error.h"

namespace namesake::backend_program {

enum class Strictness : std::uint8_t {
  kRequired,    // Fail if the kernel lacks a protection.
  kBestEffort,  // Go on without it, and report it.
};

struct ConfineOptions {
  // The process's parent, as this process sees it; 0 if it is in another PID namespace. When the
  // parent's thread that started this process ends, the kernel ends this process.
  pid_t parent = 0;
  // Directories and files that the warm-up reads: the backend's own libraries, and facts about the
  // machine. Missing ones are left out. Nothing else can be opened, and nothing can be executed.
  std::vector<std::filesystem::path> readable{};
  // Files and folders of devices, which can also be written and controlled (ioctl). Missing ones
  // are left out.
  std::vector<std::filesystem::path> devices{};
  std::uint64_t max_open_files = 256;
  // The largest file that the process can write, which counts for memory files too.
  std::uint64_t max_file_bytes = 0;
  Strictness strictness = Strictness::kRequired;
};

// Takes away what this process and its later threads never need: core dumps, capabilities, new
// privileges, and all files but the readable ones; with Landlock's later versions also connections
// by TCP, devices, abstract sockets and signals to other processes. Where the system lets it, the
// process also leaves the network, the shared memory and the host name of others. Changes the
// working directory to "/". Must be called while the process has one thread. Returns a text for
// each protection that is missing, only with kBestEffort. Errors: unsupported, with what the kernel
// lacks and the remedy; runtime_error if the parent has ended or a limit can't be set; internal if
// there are more threads.
Result<std::vector<std::string>> Confine(const ConfineOptions& options);

// Limits the private memory that the process can write, including the libraries'. What it has
// already stays. Can't be undone. Errors: runtime_error.
Result<void> LimitData(std::uint64_t bytes);

// Opens files of the backend's own libraries, which a library may load at any time.
class LibraryOpener {
 public:
  // Returns a new descriptor for a file beneath the folder, or a negative errno. `path` is
  // relative, and has no parts "." or "..". A path of "." alone is for the folder itself, to list
  // it. Called in a signal handler: see FileOpener::Open.
  virtual int OpenLibrary(const char* path) noexcept = 0;

 protected:
  ~LibraryOpener() = default;
};

struct LockOptions {
  // The folder of the backend's libraries, in each spelling that the library may use: as the loader
  // names it and with links resolved. Empty for none. It is listed here, for the last time.
  std::vector<std::filesystem::path> library_folders{};
  // Must outlive the process. May be null: then there is nothing in the folders.
  LibraryOpener* libraries = nullptr;
  // Whether there are devices: they are controlled by ioctl, and their memory is mapped.
  bool has_devices = false;
};

// Leaves this process, with all its threads, only the system calls in the table of system_calls.h,
// and answers those that take paths. Can't be undone. A thread that blocks SIGSYS and then names a
// path ends the process. There is no best effort here: without the filter, the virtual files do not
// exist.
class SystemCallLock {
 public:
  // Makes the filter, which takes about a millisecond, and lists the libraries. Any thread. Errors:
  // runtime_error if one of them can't be done.
  static Result<SystemCallLock> Make(const LockOptions& options);
  SystemCallLock(SystemCallLock&&) noexcept;
  SystemCallLock& operator=(SystemCallLock&&) noexcept;
  ~SystemCallLock();

  // To be called once. Errors: unsupported, with what the kernel lacks; runtime_error.
  Result<void> Close();

 private:
  struct Parts;

  explicit SystemCallLock(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_SANDBOX_H_
