// The files of the compiled cache in its directory. All other files there are left alone: those
// with other names, those of other users, links, and directories.
#ifndef NAMESAKE_GRAPH_CACHE_DIRECTORY_H_
#define NAMESAKE_GRAPH_CACHE_DIRECTORY_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "namesake/compiled_cache.h"
#include "namesake/error.h"

namespace namesake::graph {

inline constexpr char kEntrySuffix[] = ".compiled";
inline constexpr char kTemporarySuffix[] = ".tmp";

class CacheDirectory {
 public:
  struct File {
    std::string name;
    std::uint64_t bytes;
    ::ino_t inode;
    // The time of its last change or use, whichever is later.
    std::chrono::system_clock::time_point last_used;
  };

  // Lists the files. Errors: runtime_error with the path.
  static Result<CacheDirectory> List(const std::filesystem::path& path);

  // The entries, unordered. Their names begin with 64 hexadecimal digits.
  const std::vector<File>& entries() const { return entries_; }
  // Temporary files of writers that were killed over an hour ago.
  const std::vector<File>& abandoned() const { return abandoned_; }

  // Reads the header. Empty if the file has none of this version, or is damaged.
  std::optional<FormOrigin> OriginOf(const File& file) const;
  // Whether the file was used or replaced (kUsed), or removed (kGone), since it was listed.
  enum class Change : std::uint8_t { kNone, kUsed, kGone };
  Change ChangeOf(const File& file) const;
  // Returns errno: 0 also if another process was first.
  int Remove(const File& file) const;

 private:
  explicit CacheDirectory(base::FileDescriptor directory) : directory_(std::move(directory)) {}
  void Take(const char* name);

  base::FileDescriptor directory_;
  std::vector<File> entries_;
  std::vector<File> abandoned_;
};

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_CACHE_DIRECTORY_H_
