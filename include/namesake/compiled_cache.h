// A directory of compiled models, kept between processes.
//
// An entry's key is a hash over everything that decides its content: the model's bytes, the
// backend's version, the device and the options. An entry that can't be trusted is a miss, never an
// error: one that is damaged, of another format version, or owned by another user. Entries are
// written to a temporary file and renamed, so processes can share a directory without locks. Safe
// for all threads.
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

// A SHA-256 over length-prefixed fields, so ("ab", "c") and ("a", "bc") differ. The hash is
// cryptographic because somebody may choose a model's bytes to provoke a collision.
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
    // Adds the content of a regular file, or of every file beneath a directory together with its
    // relative path. Errors: runtime_error naming the file that can't be read.
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
  // Opens the directory, and creates it (mode 0700) if it is missing. A directory that this user
  // can't write is used read-only. Removes the temporary files of killed processes once they are an
  // hour old. Errors: runtime_error with the path, also for a directory that anyone but this user
  // and root may write.
  static Result<std::unique_ptr<CompiledCache>> Open(std::filesystem::path directory);

  // Checks whether `Open` would succeed, without creating anything. Errors: those of `Open`.
  static Result<void> Check(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }

  // Returns nothing for a miss. Verifies the payload's checksum, so the cost grows with the entry's
  // size.
  std::optional<CachedEntry> Find(const CacheKey& key) const;

  // Stores what `write` puts into the stream, which is seekable and initially empty. An existing
  // entry is replaced in one step; a failure leaves it as it was, and leaves no partial entry. An
  // exception from `write` is passed on. Errors: runtime_error with the path and the reason.
  Result<void> Store(const CacheKey& key, const std::function<void(std::ostream&)>& write) const;

  // Returns true on the first call only, so that a caller reports the first entry that can't be
  // written and no later one.
  bool TakeFirstFailure() const { return !has_failed_.exchange(true); }

  // Removes an entry whose payload turned out to be unusable.
  void Remove(const CacheKey& key) const;

 private:
  explicit CompiledCache(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path EntryPath(const CacheKey& key) const;

  std::filesystem::path directory_;
  mutable std::atomic<bool> has_failed_ = false;
};

}  // namespace namesake

#endif  // NAMESAKE_COMPILED_CACHE_H_
