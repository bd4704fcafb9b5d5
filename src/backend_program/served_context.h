// An execution context of a worker, on tensors that lie in slabs.
#ifndef NAMESAKE_BACKEND_PROGRAM_SERVED_CONTEXT_H_
#define NAMESAKE_BACKEND_PROGRAM_SERVED_CONTEXT_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "backend_program/slab_maps.h"
#include "namesake/backend.h"
#include "protocol/messages.h"

namespace namesake::backend_program {

// Thread-safe: calls take turns.
class ServedContext {
 public:
  explicit ServedContext(std::unique_ptr<ExecutionContext> context);

  // Computes on the pieces. An output is computed into its piece if the backend can do that, and
  // otherwise copied there if it fits. Errors: those of the backend;
  // invalid_argument for pieces that are not there.
  Result<std::vector<protocol::ComputedOutput>> Compute(const protocol::Compute& call,
                                                        const SlabMaps& slabs);
  // Copies an output of the last inference. Errors: invalid_argument.
  Result<void> ReadOutput(const protocol::ReadOutput& call, const SlabMaps& slabs);

 private:
  struct Place {
    protocol::Piece piece{};
    std::shared_ptr<std::byte> memory{};
  };

  Result<void> BindInput(std::size_t index, const protocol::InputPiece& input,
                         const SlabMaps& slabs);
  Result<void> PlaceOutput(std::size_t index, const protocol::Piece& piece, const SlabMaps& slabs);
  Result<protocol::ComputedOutput> TakeOutput(std::size_t index);

  std::mutex mutex_;
  // Guarded by mutex_:
  std::unique_ptr<ExecutionContext> context_;
  std::vector<protocol::InputPiece> bound_;
  std::vector<Place> places_;
};

}  // namespace namesake::backend_program

#endif  // NAMESAKE_BACKEND_PROGRAM_SERVED_CONTEXT_H_
