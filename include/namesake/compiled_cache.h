// A directory of compiled models, kept between processes.
//
// An entry's key is a hash over everything that decides its content: the model's bytes, the
// backend's version, the device and the options. An entry that can't be trusted is a miss, never an
// error: one that is damaged, of another format version, or owned by another user. Entries are
// written to a temporary file and renamed, so processes can share a directory without locks. Safe
// for all threads.
//
// A limit on the sum of the entries' sizes makes room for each new entry: those of other versions
// go first, then those that were not used for longest. No other file of the directory is ever
// touched: not those of other users, nor links, nor those with other names.
#ifndef NAMESAKE_COMPILED_CACHE_H_
#define NAMESAKE_COMPILED_CACHE_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  // Maps the payload of an open file, from a page boundary to the file's end; private, so that a
  // reader may modify its copy of a page, never the file. Borrows the descriptor. Empty if it can't
  // be mapped.
  static std::optional<CachedEntry> Map(int file, std::size_t payload_offset);

  CachedEntry(CachedEntry&& other) noexcept;
  CachedEntry& operator=(CachedEntry&& other) noexcept;
  ~CachedEntry();

  std::span<const std::byte> payload() const { return payload_; }

 private:
  CachedEntry(void* map, std::size_t map_bytes, std::span<const std::byte> payload)
      : map_(map), map_bytes_(map_bytes), payload_(payload) {}

  void* map_;
  std::size_t map_bytes_;
  std::span<const std::byte> payload_;
};

// The open file of an entry whose payload is yet to be verified, for another process. Movable;
// closes the file when it ends.
class NAMESAKE_API CachedFile {
 public:
  CachedFile(CachedFile&& other) noexcept
      : file_(std::exchange(other.file_, -1)), checksum_(other.checksum_) {}
  CachedFile& operator=(CachedFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(checksum_, other.checksum_);
    return *this;
  }
  ~CachedFile();

  int descriptor() const { return file_; }
  // Where the payload begins; it ends with the file.
  static std::size_t payload_offset();
  // The payload's `CompiledCache::Checksum` when it was stored.
  const std::array<std::uint64_t, 2>& checksum() const { return checksum_; }

 private:
  friend class CompiledCache;
  explicit CachedFile(int file) : file_(file) {}

  int file_;
  std::array<std::uint64_t, 2> checksum_{};
};

// The place of one model's compiled form: in a compiled cache, or in a worker what its host keeps.
// Belongs to one load, and to its thread.
class NAMESAKE_API CompiledSlot {
 public:
  virtual ~CompiledSlot() = default;

  // The form of an earlier load, mapped here or as a file for another process. Empty for a miss.
  virtual std::optional<CachedEntry> Find() = 0;
  virtual std::optional<CachedFile> FindFile() = 0;
  // The form's key in the compiled cache; null where there is none.
  virtual const CacheKey* key() const { return nullptr; }
  // Discards the form that was found, because the library can't use it. `reason` is for the
  // log.
  virtual void Discard(std::string_view reason) = 0;
  // Keeps what `write` puts into the stream, which is seekable and initially empty. A failure is
  // logged, and loses nothing but the form. An exception from `write` is passed on.
  virtual void Store(const std::function<void(std::ostream&)>& write) = 0;
  // For a library that writes its form to a path while it compiles: the path of an empty file,
  // which exists as long as the load. `StoreWritten` then keeps what is in it, with `trailer` after
  // its end. Empty where no form is kept; only workers have such files.
  virtual std::optional<std::filesystem::path> WritablePath() { return std::nullopt; }
  virtual void StoreWritten(std::string_view /*trailer*/) {}

 protected:
  CompiledSlot() = default;
  CompiledSlot(const CompiledSlot&) = delete;
  CompiledSlot& operator=(const CompiledSlot&) = delete;
};

// The model and the backend that an entry was made of. An entry stores each text up to a fixed
// length.
struct FormOrigin {
  // The backend's name, and the `FormIdentity::version` that it had.
  std::string backend{};
  std::string version{};
  // The model's name for the operator, which may be a path, and its encoding.
  std::string model{};
  std::string encoding{};
};

// The version that each backend has, by the backend's name.
using BackendVersions = std::map<std::string, std::string, std::less<>>;

// An entry as it is in the directory; its payload is not verified.
struct NAMESAKE_API EntryStatus {
  // As `CacheKey::Hex`.
  std::string key{};
  // The size of the file.
  std::uint64_t bytes = 0;
  // When it was found or stored last.
  std::chrono::system_clock::time_point last_used{};
  // Empty if the entry is damaged, or of another version of this cache.
  std::optional<FormOrigin> origin{};

  // Whether no backend of these versions can ever find it. An entry of a backend that `versions`
  // does not name can be found.
  bool IsOfOtherVersion(const BackendVersions& versions) const;
};

struct CompiledCacheOptions {
  // The entries' sizes in total, once an entry was stored; empty for no limit.
  std::optional<std::uint64_t> max_bytes{};
};

class NAMESAKE_API CompiledCache {
 public:
  // Opens the directory, and creates it (mode 0700) if it is missing. A directory that this user
  // can't write is used read-only: nothing is stored, removed, or marked as used. Removes the
  // temporary files of killed processes once they are an hour old. Errors: runtime_error with the
  // path, also for a directory that anyone but this user and root may write.
  static Result<std::unique_ptr<CompiledCache>> Open(std::filesystem::path directory,
                                                     const CompiledCacheOptions& options = {});
  // Like Open, but creates and removes nothing. Errors: as there; not_found if there is no such
  // directory.
  static Result<std::unique_ptr<CompiledCache>> OpenExisting(
      std::filesystem::path directory, const CompiledCacheOptions& options = {});

  // Checks whether `Open` would succeed, without creating anything. Errors: those of `Open`.
  static Result<void> Check(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }
  const CompiledCacheOptions& options() const { return options_; }
  // Whether this user can't write the directory.
  bool read_only() const { return !read_only_because_.empty(); }

  // Returns nothing for a miss. Verifies the payload's checksum, so the cost grows with the entry's
  // size. A hit marks the entry as used.
  std::optional<CachedEntry> Find(const CacheKey& key) const;
  // Like Find, for an entry that another process maps; that one then verifies the payload.
  std::optional<CachedFile> FindFile(const CacheKey& key) const;

  // Stores what `write` puts into the stream, which is seekable and initially empty. An existing
  // entry is replaced in one step; a failure leaves it as it was, and leaves no partial entry. Then
  // removes other entries until all are within the limit. An exception from `write` is passed on.
  // Errors: runtime_error with the path and the reason; too_large, naming the limit, for an entry
  // that is larger than the limit by itself.
  Result<void> Store(const CacheKey& key, const FormOrigin& origin,
                     const std::function<void(std::ostream&)>& write) const;

  // Tells which version a backend has now, so that its entries of other versions are removed first.
  // `Store` does so for the version that it stores.
  void UseVersion(std::string_view backend, std::string_view version) const;

  // The entries of this user and of root, the one used last first. Errors: runtime_error with the
  // path if the directory can't be listed.
  Result<std::vector<EntryStatus>> Entries() const;

  struct Removed {
    std::size_t entries = 0;
    std::uint64_t bytes = 0;
  };
  // Removes the entries that `chosen` accepts, by default all, and temporary files as `Open` does.
  // An entry that another process has open stays usable there. Errors: those of `Entries`;
  // runtime_error with the path if the directory is read-only, or if an entry can't be removed,
  // after the others were.
  Result<Removed> Clear(const std::function<bool(const EntryStatus&)>& chosen = {}) const;

  // Returns true on the first call only, so that a caller reports the first entry that can't be
  // written and no later one.
  bool TakeFirstFailure() const { return !has_failed_.exchange(true); }

  // Detects damage, not tampering.
  static std::array<std::uint64_t, 2> Checksum(std::span<const std::byte> payload);

  // Removes an entry whose payload turned out to be unusable.
  void Remove(const CacheKey& key) const;

 private:
  CompiledCache(std::filesystem::path directory, const CompiledCacheOptions& options,
                std::string read_only_because)
      : directory_(std::move(directory)),
        options_(options),
        read_only_because_(std::move(read_only_because)) {}
  std::filesystem::path EntryPath(const CacheKey& key) const;
  Result<void> CheckFits(std::uint64_t bytes) const;
  BackendVersions Versions() const;
  void MakeRoomFor(const CacheKey& stored) const;

  const std::filesystem::path directory_;
  const CompiledCacheOptions options_;
  const std::string read_only_because_;
  mutable std::atomic<bool> has_failed_ = false;
  mutable std::mutex mutex_;
  mutable BackendVersions versions_;  // Guarded by mutex_.
};

}  // namespace namesake

#endif  // NAMESAKE_COMPILED_CACHE_H_
