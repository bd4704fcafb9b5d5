// Spells a path in the only way that lookups find. Async-signal-safe.
#ifndef NAMESAKE_SRC_BACKEND_PROGRAM_CLEAN_PATH_H_
#define NAMESAKE_SRC_BACKEND_PROGRAM_CLEAN_PATH_H_

#include <linux/limits.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace namesake::backend_program {

// An absolute path without empty parts, "." and "..", which are resolved by the words: there are no
// links. A relative path starts at "/", the working directory.
class CleanPath {
 public:
  // Returns 0, or a negative errno for a path that is empty or too long.
  int Set(const char* path) noexcept {
    const std::size_t length = ::strnlen(path, PATH_MAX);
    if (length == PATH_MAX) return -ENAMETOOLONG;
    if (length == 0) return -ENOENT;
    size_ = 0;
    std::string_view rest(path, length);
    // As the kernel does, "file/" and "file/." ask for a directory.
    wants_directory_ = rest.ends_with('/') || rest.ends_with("/.") || rest.ends_with("/..");
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('/'), rest.size());
      Add(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (size_ == 0) text_[size_++] = '/';
    text_[size_] = '\0';
    return 0;
  }

  // Followed by a NUL.
  std::string_view text() const { return {text_.data(), size_}; }
  bool wants_directory() const { return wants_directory_; }

 private:
  void Add(std::string_view part) noexcept {
    if (part.empty() || part == ".") return;
    if (part == "..") {
      while (size_ > 0 && text_[--size_] != '/') {
      }
      return;
    }
    text_[size_++] = '/';
    std::memcpy(text_.data() + size_, part.data(), part.size());
    size_ += part.size();
  }

  // A slash more than a relative path has, and the NUL.
  std::array<char, PATH_MAX + 2> text_;
  std::size_t size_ = 0;
  bool wants_directory_ = false;
};

}  // namespace namesake::backend_program

#endif  // NAMESAKE_SRC_BACKEND_PROGRAM_CLEAN_PATH_H_
