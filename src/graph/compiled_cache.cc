#include "namesake/compiled_cache.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <ostream>
#include <random>
#include <system_error>
#include <tuple>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "graph/cache_directory.h"
#include "graph/entry_file.h"
#include "graph/file_stream.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using graph::CacheDirectory;
using graph::kPayloadOffset;

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Removes temporary files left behind by processes that were killed while writing.
void RemoveAbandoned(const CacheDirectory& directory) {
  for (const CacheDirectory::File& file : directory.abandoned()) directory.Remove(file);
}

// Computes the checksum of an entry's payload; the header need not be written yet.
Result<std::array<std::uint64_t, 2>> ChecksumOf(const fs::path& entry) {
  const auto file = base::MappedFile::Open(entry);
  if (!file) return base::Fail(file);
  return CompiledCache::Checksum(
      file->bytes().subspan(std::min(kPayloadOffset, file->bytes().size())));
}

EntryStatus StatusOf(const CacheDirectory& directory, const CacheDirectory::File& file) {
  return {.key = file.name.substr(0, file.name.find('.')),
          .bytes = file.bytes,
          .last_used = file.last_used,
          .origin = directory.OriginOf(file)};
}

// Entries of other versions come first, then the least recently used.
std::vector<CacheDirectory::File> InOrderOfRemoval(const CacheDirectory& directory,
                                                   const BackendVersions& versions) {
  struct Candidate {
    bool usable;
    CacheDirectory::File file;
  };
  std::vector<Candidate> candidates;
  for (const CacheDirectory::File& file : directory.entries()) {
    candidates.push_back({!StatusOf(directory, file).IsOfOtherVersion(versions), file});
  }
  std::ranges::sort(candidates, {}, [](const Candidate& candidate) {
    return std::tie(candidate.usable, candidate.file.last_used, candidate.file.name);
  });
  std::vector<CacheDirectory::File> files;
  for (Candidate& candidate : candidates) files.push_back(std::move(candidate.file));
  return files;
}

// A temporary file, removed by the destructor unless it was renamed.
class AsideFile {
 public:
  explicit AsideFile(fs::path path) : path_(std::move(path)) {}
  AsideFile(const AsideFile&) = delete;
  AsideFile& operator=(const AsideFile&) = delete;
  ~AsideFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  const fs::path& path() const { return path_; }
  bool RenameTo(const fs::path& place) {
    if (::rename(path_.c_str(), place.c_str()) != 0) return false;
    path_.clear();
    return true;
  }

 private:
  fs::path path_;
};

std::unexpected<Error> CantUse(const fs::path& directory, const Error& reason) {
  return base::Fail(reason.code(), "can't use {} as the cache directory: {}", directory.string(),
                    reason.detail());
}

}  // namespace

struct CacheKey::Builder::State {
  EVP_MD_CTX* hash = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(hash); }
};

CacheKey::Builder::Builder() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->hash, EVP_sha256(), nullptr);
}
CacheKey::Builder::~Builder() = default;

void CacheKey::Builder::Add(std::span<const std::byte> bytes) {
  const std::uint64_t length = bytes.size();
  EVP_DigestUpdate(state_->hash, &length, sizeof length);
  EVP_DigestUpdate(state_->hash, bytes.data(), bytes.size());
}

void CacheKey::Builder::Add(std::string_view text) { Add(AsBytes(text)); }

Result<void> CacheKey::Builder::AddContent(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    const auto file = base::MappedFile::Open(path);
    if (!file) return base::Fail(file);
    Add(file->bytes());
    return {};
  }
  const auto files = base::FilesBeneath(path, base::HostPath(path));
  if (!files) return base::Fail(files);
  for (const fs::path& file : *files) {
    Add(file.lexically_relative(path).native());
    if (auto added = AddContent(file); !added) return added;
  }
  return {};
}

CacheKey CacheKey::Builder::Finish() {
  Digest digest;
  EVP_DigestFinal_ex(state_->hash, reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return CacheKey(digest);
}

std::string CacheKey::Hex() const {
  std::string hex;
  for (const std::byte byte : digest_) hex += fmt::format("{:02x}", static_cast<unsigned>(byte));
  return hex;
}

CachedFile::~CachedFile() {
  if (file_ >= 0) ::close(file_);
}

std::size_t CachedFile::payload_offset() { return kPayloadOffset; }

std::optional<CachedEntry> CachedEntry::Map(int file, std::size_t payload_offset) {
  struct stat status{};
  if (::fstat(file, &status) != 0) return std::nullopt;
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < payload_offset) return std::nullopt;
  void* const map = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  if (map == MAP_FAILED) return std::nullopt;
  return CachedEntry(map, bytes,
                     std::span(static_cast<const std::byte*>(map), bytes).subspan(payload_offset));
}

CachedEntry::CachedEntry(CachedEntry&& other) noexcept
    : map_(std::exchange(other.map_, nullptr)),
      map_bytes_(other.map_bytes_),
      payload_(std::exchange(other.payload_, {})) {}

CachedEntry& CachedEntry::operator=(CachedEntry&& other) noexcept {
  std::swap(map_, other.map_);
  std::swap(map_bytes_, other.map_bytes_);
  std::swap(payload_, other.payload_);
  return *this;
}

CachedEntry::~CachedEntry() {
  if (map_ != nullptr) ::munmap(map_, map_bytes_);
}

bool EntryStatus::IsOfOtherVersion(const BackendVersions& versions) const {
  if (!origin) return true;
  const auto found = versions.find(origin->backend);
  return found != versions.end() && graph::KeptVersion(found->second) != origin->version;
}

Result<std::unique_ptr<CompiledCache>> CompiledCache::Open(fs::path directory,
                                                           const CompiledCacheOptions& options) {
  auto made = base::MakeTrustedDirectory(directory);
  if (!made) return CantUse(directory, made.error());
  if (made->use == base::DirectoryUse::kNone) {
    return CantUse(directory, Error(ErrorCode::kRuntimeError, made->reason));
  }
  if (made->use == base::DirectoryUse::kReadWrite) {
    if (const auto listed = CacheDirectory::List(directory)) RemoveAbandoned(*listed);
  }
  return std::unique_ptr<CompiledCache>(
      new CompiledCache(std::move(directory), options, std::move(made->reason)));
}

Result<std::unique_ptr<CompiledCache>> CompiledCache::OpenExisting(
    fs::path directory, const CompiledCacheOptions& options) {
  std::error_code ignored;
  if (fs::status(directory, ignored).type() == fs::file_type::not_found) {
    return CantUse(directory, Error(ErrorCode::kNotFound, base::SystemReason(ENOENT)));
  }
  auto checked = base::CheckTrustedDirectory(directory);
  if (!checked) return CantUse(directory, checked.error());
  if (checked->use == base::DirectoryUse::kNone) {
    return CantUse(directory, Error(ErrorCode::kRuntimeError, checked->reason));
  }
  return std::unique_ptr<CompiledCache>(
      new CompiledCache(std::move(directory), options, std::move(checked->reason)));
}

Result<void> CompiledCache::Check(const fs::path& directory) {
  const auto checked = base::CheckTrustedDirectory(directory);
  if (!checked) return CantUse(directory, checked.error());
  if (checked->use != base::DirectoryUse::kNone) return {};
  return CantUse(directory, Error(ErrorCode::kRuntimeError, checked->reason));
}

fs::path CompiledCache::EntryPath(const CacheKey& key) const {
  return directory_ / (key.Hex() + graph::kEntrySuffix);
}

std::array<std::uint64_t, 2> CompiledCache::Checksum(std::span<const std::byte> payload) {
  const XXH128_hash_t sum = XXH3_128bits(payload.data(), payload.size());
  return {sum.low64, sum.high64};
}

std::optional<CachedFile> CompiledCache::FindFile(const CacheKey& key) const {
  const fs::path path = EntryPath(key);
  CachedFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat status{};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || !base::IsTrusted(status)) {
    base::Log().warn("ignoring {}: another user owns it or can write to it", path.string());
    return std::nullopt;
  }
  const auto header =
      graph::ReadHeader(file.descriptor(), static_cast<std::uint64_t>(status.st_size));
  if (!header || header->key != key.digest()) {
    base::Log().warn("ignoring {}: it is damaged or not a cache entry", path.string());
    return std::nullopt;
  }
  file.checksum_ = header->checksum;
  // Marks the entry as used. One of root's can't be marked; it is as old as it was written.
  if (!read_only()) ::futimens(file.descriptor(), nullptr);
  return file;
}

std::optional<CachedEntry> CompiledCache::Find(const CacheKey& key) const {
  const auto file = FindFile(key);
  if (!file) return std::nullopt;
  auto entry = CachedEntry::Map(file->descriptor(), kPayloadOffset);
  if (!entry || Checksum(entry->payload()) == file->checksum()) return entry;
  base::Log().warn("ignoring {}: its checksum is wrong", EntryPath(key).string());
  return std::nullopt;
}

Result<void> CompiledCache::Store(const CacheKey& key, const FormOrigin& origin,
                                  const std::function<void(std::ostream&)>& write) const {
  static std::atomic<unsigned> serial = 0;
  const fs::path path = EntryPath(key);
  // Processes of several containers may have one number.
  fs::path name =
      directory_ / fmt::format("{}.{}.{}.{:08x}{}", key.Hex(), ::getpid(), serial.fetch_add(1),
                               std::random_device()(), graph::kTemporarySuffix);
  const auto fail = [&](int error_number) {
    return base::Fail(ErrorCode::kRuntimeError, "can't write {}: {}", path.string(),
                      base::SystemReason(error_number));
  };
  const base::FileDescriptor file(
      ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.valid()) return fail(errno);
  AsideFile aside(std::move(name));
  graph::FileStreamBuffer buffer(file.get(), kPayloadOffset);
  std::ostream stream(&buffer);
  write(stream);
  if (!stream.good()) return fail(buffer.error_number() != 0 ? buffer.error_number() : EIO);
  if (auto fits = CheckFits(kPayloadOffset + buffer.size()); !fits) return fits;
  const auto checksum = ChecksumOf(aside.path());
  if (!checksum) return base::Fail(checksum);
  const graph::EntryHeader header = graph::MakeHeader(key, origin, buffer.size(), *checksum);
  if (::pwrite(file.get(), &header, sizeof header, 0) != static_cast<::ssize_t>(sizeof header) ||
      !aside.RenameTo(path)) {
    return fail(errno);
  }
  UseVersion(origin.backend, origin.version);
  // Only now, because whoever stores last then sees the entries of all.
  MakeRoomFor(key);
  return {};
}

Result<void> CompiledCache::CheckFits(std::uint64_t bytes) const {
  if (!options_.max_bytes || bytes <= *options_.max_bytes) return {};
  return base::FailAt("max_cache_bytes", ErrorCode::kTooLarge,
                      "its compiled form of {} exceeds the limit max_cache_bytes = {} of the host",
                      base::SizeText(bytes), base::BytesText(*options_.max_bytes));
}

void CompiledCache::UseVersion(std::string_view backend, std::string_view version) const {
  const std::lock_guard lock(mutex_);
  versions_.insert_or_assign(std::string(backend), std::string(version));
}

BackendVersions CompiledCache::Versions() const {
  const std::lock_guard lock(mutex_);
  return versions_;
}

// Another process may do the same at once. Both then remove the same entries, since their order is
// the same, and each counts those that the other has removed.
void CompiledCache::MakeRoomFor(const CacheKey& stored) const {
  if (!options_.max_bytes) return;
  const auto directory = CacheDirectory::List(directory_);
  if (!directory) return base::Log().warn("{}", directory.error().detail());
  RemoveAbandoned(*directory);
  std::uint64_t bytes = 0;
  for (const CacheDirectory::File& file : directory->entries()) bytes += file.bytes;
  if (bytes <= *options_.max_bytes) return;
  const std::string kept = EntryPath(stored).filename();
  for (const CacheDirectory::File& file : InOrderOfRemoval(*directory, Versions())) {
    if (bytes <= *options_.max_bytes) return;
    // One that was used meanwhile is no longer the oldest.
    const auto change = directory->ChangeOf(file);
    if (file.name == kept || change == CacheDirectory::Change::kUsed) continue;
    if (const int error = directory->Remove(file); error != 0) {
      base::Log().warn("can't remove {} from the compiled cache: {}",
                       (directory_ / file.name).string(), base::SystemReason(error));
      continue;
    }
    bytes -= file.bytes;
    base::Log().debug("removed {} from the compiled cache, to keep within max_cache_bytes",
                      file.name);
  }
}

Result<std::vector<EntryStatus>> CompiledCache::Entries() const {
  const auto directory = CacheDirectory::List(directory_);
  if (!directory) return base::Fail(directory);
  std::vector<EntryStatus> entries;
  for (const CacheDirectory::File& file : directory->entries()) {
    entries.push_back(StatusOf(*directory, file));
  }
  std::ranges::sort(entries, [](const EntryStatus& one, const EntryStatus& other) {
    return std::tie(other.last_used, one.key) < std::tie(one.last_used, other.key);
  });
  return entries;
}

Result<CompiledCache::Removed> CompiledCache::Clear(
    const std::function<bool(const EntryStatus&)>& chosen) const {
  if (read_only()) {
    return base::Fail(ErrorCode::kRuntimeError, "can't remove anything from {}: {}",
                      directory_.string(), read_only_because_);
  }
  const auto directory = CacheDirectory::List(directory_);
  if (!directory) return base::Fail(directory);
  RemoveAbandoned(*directory);
  Removed removed;
  Result<Removed> failed;
  for (const CacheDirectory::File& file : directory->entries()) {
    if (chosen && !chosen(StatusOf(*directory, file))) continue;
    if (const int error = directory->Remove(file); error != 0) {
      failed = base::Fail(ErrorCode::kRuntimeError, "can't remove {}: {}",
                          (directory_ / file.name).string(), base::SystemReason(error));
      continue;
    }
    ++removed.entries;
    removed.bytes += file.bytes;
  }
  if (!failed) return failed;
  return removed;
}

void CompiledCache::Remove(const CacheKey& key) const { ::unlink(EntryPath(key).c_str()); }

}  // namespace namesake
