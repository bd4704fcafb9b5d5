#include "backend_program/slab_maps.h"

#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "base/fail.h"

namespace namesake::backend_program {

Result<void> SlabMaps::Add(const protocol::Slab& slab, const base::FileDescriptor& file) {
  const auto size = static_cast<std::size_t>(slab.bytes);
  const int access = slab.writable ? PROT_READ | PROT_WRITE : PROT_READ;
  void* const bytes = ::mmap(nullptr, size, access, MAP_SHARED, file.get(), 0);
  if (bytes == MAP_FAILED) {
    return base::Fail(ErrorCode::kRuntimeError, "can't map a tensor's memory: {}",
                      base::SystemWording(errno));
  }
  std::shared_ptr<std::byte> owned(static_cast<std::byte*>(bytes),
                                   [size](std::byte* old) { ::munmap(old, size); });
  const std::lock_guard lock(mutex_);
  maps_.try_emplace(slab.id, Map{.bytes = std::move(owned), .size = slab.bytes});
  return {};
}

void SlabMaps::Drop(std::uint64_t slab) {
  decltype(maps_)::node_type dropped;  // Unmapped after unlocking.
  const std::lock_guard lock(mutex_);
  dropped = maps_.extract(slab);
}

Result<std::shared_ptr<std::byte>> SlabMaps::Find(const protocol::Piece& piece) const {
  const std::lock_guard lock(mutex_);
  const auto found = maps_.find(piece.slab);
  if (found == maps_.end() || piece.offset > found->second.size ||
      piece.bytes > found->second.size - piece.offset) {
    return base::Fail(ErrorCode::kInvalidArgument, "a tensor's memory was never given");
  }
  return std::shared_ptr<std::byte>(found->second.bytes, found->second.bytes.get() + piece.offset);
}

}  // namespace namesake::backend_program
