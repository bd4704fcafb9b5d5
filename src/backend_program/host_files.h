// Files that a worker asks its host to open, in the middle of a call.
#ifndef NAMESAKE_BACKEND_PROGRAM_HOST_FILES_H_
#define NAMESAKE_BACKEND_PROGRAM_HOST_FILES_H_

#include <atomic>
#include <cstdint>

#include "backend_program/sandbox.h"
#include "backend_program/virtual_files.h"
#include "protocol/connection.h"

namespace namesake::backend_program {

// The way back to the host of one call. The opens of several threads take turns.
class HostFiles final : public FileOpener {
 public:
  // Both must outlive it.
  HostFiles(const protocol::Connection& connection, std::uint64_t call)
      : socket_(connection.descriptor()), call_(call) {}
  HostFiles(const HostFiles&) = delete;
  HostFiles& operator=(const HostFiles&) = delete;

  int Open(std::size_t file) noexcept override;
  int OpenLibrary(const char* path) noexcept;

 private:
  int Ask(protocol::Kind kind, const void* body, std::size_t size) noexcept;

  const int socket_;
  const std::uint64_t call_;
  std::atomic_flag busy_;
};

// While it lives, the calling thread's opens of library files go to `files`.
class LibraryCalls {
 public:
  explicit LibraryCalls(HostFiles& files);
  ~LibraryCalls();
  LibraryCalls(const LibraryCalls&) = delete;
  LibraryCalls& operator=(const LibraryCalls&) = delete;
};

// Opens library files by the calling thread's LibraryCalls; EACCES on other threads.
LibraryOpener& ByCaller();

}  // namespace namesake::backend_program

#endif  // NAMESAKE_BACKEND_PROGRAM_HOST_FILES_H_
