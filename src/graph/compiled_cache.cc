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
#include <chrono>
#include <cstring>
#include <ostream>
#include <vector>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "graph/file_stream.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;

// The payload starts at a page boundary, so that a backend can use it in place.
constexpr std::size_t kPayloadOffset = 4096;
constexpr std::array<char, 8> kMagic = {'N', 'A', 'M', 'E', 'S', 'K', 'C', '1'};

// The checksum detects damage, not tampering: only this user and root can write the directory and
// its entries.
struct EntryHeader {
  std::array<char, 8> magic;
  CacheKey::Digest key;
  std::uint64_t payload_bytes;
  XXH128_hash_t checksum;
};
static_assert(sizeof(EntryHeader) <= kPayloadOffset);
static_assert(std::is_trivially_copyable_v<EntryHeader>);

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Removes temporary files left behind by processes that were killed while writing.
void RemoveAbandoned(const fs::path& directory) {
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    const bool abandoned =
        entry.path().extension() == ".tmp" && entry.last_write_time(ignored) < long_ago;
    if (abandoned) fs::remove(entry.path(), ignored);
  }
}

// Computes the checksum of an entry's payload; the header need not be written yet.
Result<XXH128_hash_t> ChecksumOf(const fs::path& entry) {
  const auto file = base::MappedFile::Open(entry);
  if (!file) return base::Fail(file);
  const auto payload = file->bytes().subspan(std::min(kPayloadOffset, file->bytes().size()));
  return XXH3_128bits(payload.data(), payload.size());
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
  return base::Fail(ErrorCode::kRuntimeError, "can't use {} as the cache directory: {}",
                    directory.string(), reason.detail());
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

Result<std::unique_ptr<CompiledCache>> CompiledCache::Open(fs::path directory) {
  const auto made = base::MakeTrustedDirectory(directory);
  if (!made) return CantUse(directory, made.error());
  if (made->use == base::DirectoryUse::kNone) {
    return CantUse(directory, Error(ErrorCode::kRuntimeError, made->reason));
  }
  if (made->use == base::DirectoryUse::kReadWrite) RemoveAbandoned(directory);
  return std::unique_ptr<CompiledCache>(new CompiledCache(std::move(directory)));
}

Result<void> CompiledCache::Check(const fs::path& directory) {
  const auto checked = base::CheckTrustedDirectory(directory);
  if (!checked) return CantUse(directory, checked.error());
  if (checked->use != base::DirectoryUse::kNone) return {};
  return CantUse(directory, Error(ErrorCode::kRuntimeError, checked->reason));
}

fs::path CompiledCache::EntryPath(const CacheKey& key) const {
  return directory_ / (key.Hex() + ".compiled");
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
  const auto file_bytes = static_cast<std::size_t>(status.st_size);
  EntryHeader header{};
  const auto header_bytes = static_cast<::ssize_t>(sizeof header);
  if (file_bytes < kPayloadOffset ||
      ::pread(file.descriptor(), &header, sizeof header, 0) != header_bytes ||
      header.magic != kMagic || header.key != key.digest() ||
      header.payload_bytes != file_bytes - kPayloadOffset) {
    base::Log().warn("ignoring {}: it is damaged or not a cache entry", path.string());
    return std::nullopt;
  }
  file.checksum_ = {header.checksum.low64, header.checksum.high64};
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

Result<void> CompiledCache::Store(const CacheKey& key,
                                  const std::function<void(std::ostream&)>& write) const {
  static std::atomic<unsigned> serial = 0;
  const fs::path path = EntryPath(key);
  AsideFile aside(directory_ /
                  fmt::format("{}.{}.{}.tmp", key.Hex(), ::getpid(), serial.fetch_add(1)));
  const auto fail = [&](int error_number) {
    return base::Fail(ErrorCode::kRuntimeError, "can't write {}: {}", path.string(),
                      base::SystemReason(error_number));
  };
  const base::FileDescriptor file(
      ::open(aside.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.valid()) return fail(errno);
  graph::FileStreamBuffer buffer(file.get(), kPayloadOffset);
  std::ostream stream(&buffer);
  write(stream);
  if (!stream.good()) return fail(buffer.error_number() != 0 ? buffer.error_number() : EIO);
  const auto written = ChecksumOf(aside.path());
  if (!written) return base::Fail(written);
  const EntryHeader header = {
      .magic = kMagic, .key = key.digest(), .payload_bytes = buffer.size(), .checksum = *written};
  if (::pwrite(file.get(), &header, sizeof header, 0) != static_cast<::ssize_t>(sizeof header) ||
      !aside.RenameTo(path)) {
    return fail(errno);
  }
  return {};
}

void CompiledCache::Remove(const CacheKey& key) const { ::unlink(EntryPath(key).c_str()); }

}  // namespace namesake
