// Marks of a model's files, to detect whether they have changed.
#ifndef NAMESAKE_HOST_FILE_MARKS_H_
#define NAMESAKE_HOST_FILE_MARKS_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "namesake/model.h"

namespace namesake::host {

struct FileMark {
  std::filesystem::path path;
  // stat(2)'s errno, or 0. The fields below are 0 if it failed.
  int error_number = 0;
  dev_t device = 0;
  ino_t inode = 0;
  off_t bytes = 0;
  // The time of the last change to the content, in nanoseconds since 1970.
  std::int64_t changed_ns = 0;

  friend bool operator==(const FileMark&, const FileMark&) = default;
};

// Returns a mark for each file of the model, in the order of `graph::FilesOf`. Follows links.
std::vector<FileMark> MarkFiles(const Model& model);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_FILE_MARKS_H_
