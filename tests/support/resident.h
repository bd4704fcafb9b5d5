// Resident memory, as the system reports it.
#ifndef NAMESAKE_TESTS_SUPPORT_RESIDENT_H_
#define NAMESAKE_TESTS_SUPPORT_RESIDENT_H_

#include <malloc.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace namesake::test {

// In bytes; 0 if the process has ended.
inline std::uint64_t ResidentBytes(pid_t process) {
  std::ifstream file(std::filesystem::path("/proc") / std::to_string(process) / "statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

// The bytes of this process, after the allocator has returned its free memory.
inline std::uint64_t ResidentBytesAfterTrim() {
  ::malloc_trim(0);
  return ResidentBytes(::getpid());
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_RESIDENT_H_
