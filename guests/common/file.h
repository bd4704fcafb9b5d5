// Reading whole files, for guests.
#ifndef NAMESAKE_GUESTS_COMMON_FILE_H_
#define NAMESAKE_GUESTS_COMMON_FILE_H_

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

// Returns false, with the reason in `error`, if the file can't be read. A guest sees only the
// directories that the host has opened for it, so a missing file may be outside of them.
inline bool ReadFile(const std::string& path, std::string* contents, std::string* error) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    *error = std::strerror(errno);
    return false;
  }
  contents->clear();
  char buffer[16384];
  std::size_t count = 0;
  while ((count = std::fread(buffer, 1, sizeof(buffer), file)) > 0) contents->append(buffer, count);
  const bool failed = std::ferror(file) != 0;
  if (failed) *error = std::strerror(errno);
  std::fclose(file);
  return !failed;
}

#endif  // NAMESAKE_GUESTS_COMMON_FILE_H_
