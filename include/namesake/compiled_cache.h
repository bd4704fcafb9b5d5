// A directory of compiled models, kept between processes.
//
// An entry is found by a key over all that decides its content: the model's bytes, the backend's
// version, the device and the options. What can't be trusted is a miss, never an error: an entry
// that is damaged, of another format version, or owned by another user. Entries are written aside
// and renamed, so that processes share a directory without locks. Safe for all threads.
#ifndef NAMESAKE_COMPILED_CACHE_H_
#define NAMESAKE_COMPILED_CACHE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "namesake/error.h"
#include "namesake/export.h"

namespace namesake {

// A SHA-256 over length-prefixed fields, so that ("ab", "c") and ("a", "bc") differ. The hash is a
// cryptographic one because a model's bytes may be chosen by somebody who wants a collision.
class NAMESAKE_API CacheKey {
 public:
  using Digest = std::array<std::byte, 32>;

  class Builder {
   public:
    Builder();
    ~Builder();
    Builder(const Builder&) = delete;
    Builder& operator=(const Builder&) = delete;

    void Add(std::string_view text);
    void Add(std::span<const std::byte> bytes);
    // The content of a regular file, or of every file beneath a directory with its relative path.
    // Errors: runtime_error naming the file that can't be read.
    Result<void> AddContent(const std::filesystem::path& path);
    CacheKey Finish();

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

  const Digest& digest() const { return digest_; }
  std::string Hex() const;

 private:
  explicit CacheKey(const Digest& digest) : digest_(digest) {}

  Digest digest_;
};

// A compiled form mapped into memory, aligned to a page. Movable; unmaps when it ends.
class NAMESAKE_API CachedEntry {
 public:
  CachedEntry(CachedEntry&& other) noexcept;
  CachedEntry& operator=(CachedEntry&& other) noexcept;
  ~CachedEntry();

  std::span<const std::byte> payload() const { return payload_; }

 private:
  friend class CompiledCache;
  CachedEntry(void* map, std::size_t map_bytes, std::span<const std::byte> payload)
      : map_(map), map_bytes_(map_bytes), payload_(payload) {}

  void* map_;
  std::size_t map_bytes_;
  std::span<const std::byte> payload_;
};

class NAMESAKE_API CompiledCache {
 public:
  // Creates the directory (mode 0700) where it is missing; one that others than this user and root
  // may write is refused. One that can't be written is read. Removes what processes that were
  // killed left behind. Errors: runtime_error with the path.
  static Result<std::unique_ptr<CompiledCache>> Open(std::filesystem::path directory);

  // Whether `Open` would succeed, without making anything. Errors: as there.
  static Result<void> Check(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }

  // Empty for a miss. Verifies the payload's checksum, so its cost grows with the entry's size.
  std::optional<CachedEntry> Find(const CacheKey& key) const;

  // Writes what `write` puts into the stream, which is seekable and empty at first. A failure
  // leaves no entry behind; what was there before is replaced in one step; what `write` throws is
  // thrown on. Errors: runtime_error with the path and the reason.
  Result<void> Store(const CacheKey& key, const std::function<void(std::ostream&)>& write) const;

  // True once: for the first of the entries that can't be written to be reported, and no more.
  bool TakeFirstFailure() const { return !has_failed_.exchange(true); }

  // For a caller that found the payload unusable after all.
  void Remove(const CacheKey& key) const;

 private:
  explicit CompiledCache(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path EntryPath(const CacheKey& key) const;

  std::filesystem::path directory_;
  mutable std::atomic<bool> has_failed_ = false;
};

}  // namespace namesake

#endif  // NAMESAKE_COMPILED_CACHE_H_
