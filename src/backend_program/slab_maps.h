// The slabs that the host has given this worker: memory that both map.
#ifndef NAMESAKE_BACKEND_PROGRAM_SLAB_MAPS_H_
#define NAMESAKE_BACKEND_PROGRAM_SLAB_MAPS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "base/file.h"
#include "namesake/error.h"
#include "protocol/messages.h"

namespace namesake::backend_program {

// Thread-safe.
class SlabMaps {
 public:
  // Maps a slab; one that is there already stays. Errors: runtime_error.
  Result<void> Add(const protocol::Slab& slab, const base::FileDescriptor& file);
  void Drop(std::uint64_t slab);

  // Returns a piece's memory, which keeps its slab mapped. Errors: invalid_argument for a slab that
  // was not given and for a piece that leaves it.
  Result<std::shared_ptr<std::byte>> Find(const protocol::Piece& piece) const;

 private:
  struct Map {
    std::shared_ptr<std::byte> bytes;
    std::uint64_t size = 0;
  };

  mutable std::mutex mutex_;
  std::map<std::uint64_t, Map> maps_;  // Guarded by mutex_.
};

}  // namespace namesake::backend_program

#endif  // NAMESAKE_BACKEND_PROGRAM_SLAB_MAPS_H_
