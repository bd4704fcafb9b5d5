#include "worker/slabs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/fail.h"
#include "base/next_id.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace namesake::worker {
namespace {

// Small tensors share a slab; from this size on each has its own.
constexpr std::size_t kSlabBytes = std::size_t{1} << 20;
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kLeastBytes = 64;
// The pool keeps at most this much for later tensors.
constexpr std::size_t kMostIdleBytes = std::size_t{64} << 20;

// Sizes that tensors are rounded up to: four to each power of two, then pages.
std::size_t Rounded(std::size_t bytes) {
  if (bytes <= kLeastBytes) return kLeastBytes;
  const std::size_t step =
      bytes > kSlabBytes ? kPageBytes : std::max(std::bit_ceil(bytes) / 8, kLeastBytes);
  return (bytes + step - 1) / step * step;
}

std::unexpected<Error> NoMemory(std::size_t bytes, int error_number) {
  return base::Fail(ErrorCode::kRuntimeError, "out of memory for tensors of {} bytes: {}", bytes,
                    base::SystemWording(error_number));
}

}  // namespace

Result<std::shared_ptr<const Slab>> Slab::Make(std::size_t bytes, SlabUse use, Reservation memory) {
  base::FileDescriptor file(::memfd_create("namesake-tensors", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid() || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    return NoMemory(bytes, errno);
  }
  void* const begin = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (begin == MAP_FAILED) return NoMemory(bytes, errno);
  auto slab =
      std::make_shared<const Slab>(base::NextId(), std::move(file), static_cast<std::byte*>(begin),
                                   bytes, use, std::move(memory));
  // After the mapping, which may write on.
  const unsigned int writers = use == SlabUse::kInput ? F_SEAL_FUTURE_WRITE : 0U;
  if (::fcntl(slab->file().get(), F_ADD_SEALS,
              F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | writers) != 0) {
    return base::Fail(
        ErrorCode::kUnsupported,
        "can't share memory with a worker: this kernel can't seal it (Linux 5.1 can)");
  }
  return slab;
}

Slab::~Slab() { ::munmap(begin_, bytes_); }

std::optional<SlabPiece> SlabPool::TakeIdle(const Size& size) {
  const std::lock_guard lock(mutex_);
  const auto found = idle_.find(size);
  if (found == idle_.end() || found->second.empty()) return std::nullopt;
  SlabPiece piece = std::move(found->second.back());
  found->second.pop_back();
  idle_bytes_ -= size.second;
  return piece;
}

Result<SlabPiece> SlabPool::MakeSlab(const Size& size) {
  const auto [use, bytes] = size;
  const std::size_t count = std::max<std::size_t>(kSlabBytes / bytes, 1);
  const std::size_t whole = (count * bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  auto memory = account_->Reserve(Resource::kWorkerMemory, whole);
  if (!memory) return base::Fail(std::move(memory));
  auto slab = Slab::Make(whole, use, *std::move(memory));
  if (!slab) return base::Fail(std::move(slab));
  const std::lock_guard lock(mutex_);
  std::erase_if(slabs_, [](const auto& other) { return other.second.expired(); });
  slabs_.emplace((*slab)->begin() + (*slab)->bytes(), *slab);
  auto& idle = idle_[size];
  idle.reserve(idle.size() + count);
  for (std::size_t i = 1; i < count; ++i) {
    idle.push_back({.slab = *slab, .offset = i * bytes, .bytes = bytes});
  }
  idle_bytes_ += (count - 1) * bytes;
  return SlabPiece{.slab = *std::move(slab), .offset = 0, .bytes = bytes};
}

void SlabPool::GiveBack(SlabPiece piece, std::size_t whole) noexcept {
  std::vector<SlabPiece> freed;  // Destroyed after unlocking.
  const Size size(piece.slab->use(), whole);
  const std::lock_guard lock(mutex_);
  try {
    idle_[size].push_back(std::move(piece));
    idle_bytes_ += whole;
    if (idle_bytes_ <= kMostIdleBytes) return;
    freed.swap(idle_[size]);
    idle_bytes_ -= freed.size() * whole;
  } catch (const std::bad_alloc&) {
    // Then the piece is not used again; its slab goes with its other pieces.
  }
}

Result<SlabPool::Lent> SlabPool::Take(std::size_t bytes, SlabUse use) {
  if (bytes > std::numeric_limits<std::ptrdiff_t>::max() / 2) {
    return base::Fail(ErrorCode::kTooLarge, "a tensor of {} bytes is larger than any memory",
                      bytes);
  }
  const std::size_t whole = Rounded(bytes);
  const Size size(use, whole);
  auto piece = TakeIdle(size);
  if (!piece) {
    auto made = MakeSlab(size);
    if (!made) return base::Fail(std::move(made));
    piece = *std::move(made);
  }
  SlabPiece kept = *piece;
  std::byte* const begin = piece->begin();
  // Some models leave an output as they find it, and a guest would read what was another's.
  if (use == SlabUse::kOutput) std::memset(begin, 0, whole);
  std::shared_ptr<std::byte> lent(begin, [pool = weak_from_this(), kept = std::move(kept),
                                          whole](std::byte* /*bytes*/) mutable {
    if (const auto alive = pool.lock()) alive->GiveBack(std::move(kept), whole);
  });
  piece->bytes = bytes;
  return Lent{.bytes = std::move(lent), .piece = *std::move(piece)};
}

Result<std::shared_ptr<std::byte>> SlabPool::New(std::size_t bytes) {
  auto lent = Take(bytes, SlabUse::kInput);
  if (!lent) return base::Fail(std::move(lent));
  return std::move(lent->bytes);
}

std::optional<SlabPiece> SlabPool::Find(const std::byte* bytes, std::size_t size) const {
  const std::lock_guard lock(mutex_);
  const auto after = slabs_.upper_bound(bytes);
  if (after == slabs_.end()) return std::nullopt;
  auto slab = after->second.lock();
  if (slab == nullptr || bytes < slab->begin()) return std::nullopt;
  const auto offset = static_cast<std::size_t>(bytes - slab->begin());
  if (size > slab->bytes() - offset) return std::nullopt;
  return SlabPiece{.slab = std::move(slab), .offset = offset, .bytes = size};
}

}  // namespace namesake::worker
