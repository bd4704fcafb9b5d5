// What a model's files look like from outside, to tell whether they have changed.
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
  // What stat(2) failed with, or 0; the rest is 0 then.
  int error_number = 0;
  dev_t device = 0;
  ino_t inode = 0;
  off_t bytes = 0;
  // Of the last change to its content, in nanoseconds since 1970.
  std::int64_t changed_ns = 0;

  friend bool operator==(const FileMark&, const FileMark&) = default;
};

// One mark for each file of the model, in the order of `graph::FilesOf`. Links are followed.
std::vector<FileMark> MarkFiles(const Model& model);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_FILE_MARKS_H_
