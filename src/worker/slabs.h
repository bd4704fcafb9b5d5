// Memory that a host shares with the workers of one user: where tensors lie.
//
// A slab is an unnamed file that can neither shrink nor grow, so no worker can make the host touch
// memory that is gone. A slab for inputs was sealed against further writers once the host had
// mapped it, so workers can't change what a guest gave. Memory is used again: making it costs more
// than copying into it.
#ifndef NAMESAKE_WORKER_SLABS_H_
#define NAMESAKE_WORKER_SLABS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "graph/tensor_memory.h"
#include "namesake/account.h"
#include "namesake/error.h"
#include "namesake/tensor.h"
#include "protocol/messages.h"

namespace namesake::worker {

// Who writes a slab's tensors.
enum class SlabUse : std::uint8_t { kInput, kOutput };

// Immutable, but for what lies in it.
class Slab {
 public:
  // Errors: runtime_error, if there is no memory or no descriptor.
  static Result<std::shared_ptr<const Slab>> Make(std::size_t bytes, SlabUse use,
                                                  Reservation memory);
  Slab(std::uint64_t id, base::FileDescriptor file, std::byte* begin, std::size_t bytes,
       SlabUse use, Reservation memory)
      : id_(id),
        file_(std::move(file)),
        begin_(begin),
        bytes_(bytes),
        use_(use),
        memory_(std::move(memory)) {}
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab();

  // Unique in this process; never 0.
  std::uint64_t id() const { return id_; }
  std::byte* begin() const { return begin_; }
  std::size_t bytes() const { return bytes_; }
  SlabUse use() const { return use_; }
  const base::FileDescriptor& file() const { return file_; }

 private:
  std::uint64_t id_;
  base::FileDescriptor file_;
  std::byte* begin_;
  std::size_t bytes_;
  SlabUse use_;
  Reservation memory_;
};

// A piece of a slab.
struct SlabPiece {
  std::shared_ptr<const Slab> slab{};
  std::size_t offset = 0;
  std::size_t bytes = 0;

  std::byte* begin() const { return slab->begin() + offset; }
  protocol::Piece ToProtocol() const {
    if (slab == nullptr) return {};
    return {.slab = slab->id(), .offset = offset, .bytes = bytes};
  }
};

// Memory for tensors of one user. Thread-safe; always owned by a shared_ptr.
class SlabPool : public graph::TensorMemory, public std::enable_shared_from_this<SlabPool> {
 public:
  // `account` is charged for all slabs as `max_worker_memory_bytes`.
  explicit SlabPool(std::shared_ptr<Account> account) : account_(std::move(account)) {}

  // Memory of at least `bytes`, at least 1, aligned to 64, which goes back to the pool with its
  // last user.
  struct Lent {
    std::shared_ptr<std::byte> bytes{};
    SlabPiece piece{};
  };
  // Errors: too_large and resource_exhausted by `max_worker_memory_bytes`; runtime_error.
  Result<Lent> Take(std::size_t bytes, SlabUse use);
  // For inputs.
  Result<std::shared_ptr<std::byte>> New(std::size_t bytes) override;

  // The piece in which memory of this pool lies; empty for other memory. The caller holds the
  // memory.
  std::optional<SlabPiece> Find(const std::byte* bytes, std::size_t size) const;

 private:
  using Size = std::pair<SlabUse, std::size_t>;

  std::optional<SlabPiece> TakeIdle(const Size& size);
  void GiveBack(SlabPiece piece, std::size_t whole) noexcept;
  Result<SlabPiece> MakeSlab(const Size& size);

  const std::shared_ptr<Account> account_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::map<Size, std::vector<SlabPiece>> idle_;
  std::size_t idle_bytes_ = 0;
  // By the address of their end.
  mutable std::map<const std::byte*, std::weak_ptr<const Slab>> slabs_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_SLABS_H_
