// The backends of a host: which one serves an encoding is the operator's choice, by their order.
#ifndef NAMESAKE_HOST_BACKEND_SET_H_
#define NAMESAKE_HOST_BACKEND_SET_H_

#include <memory>
#include <vector>

#include "namesake/backend.h"

namespace namesake::host {

// The error for a backend's name that is none of those known.
std::unexpected<Error> NoBackend(std::string_view name, std::span<const std::string_view> known);

// The index of the backend that the model names, else of the first one that reads its encoding.
// Errors: invalid_argument for a backend that is not there, with what may have been meant;
// invalid_encoding, listing those served.
Result<std::size_t> FindBackend(const Model& model, std::span<const Backend* const> backends);

// Immutable after construction; safe for all threads.
class BackendSet {
 public:
  // Errors: invalid_argument for two backends of one name.
  static Result<BackendSet> Make(std::vector<std::unique_ptr<Backend>> backends);

  // As `FindBackend`.
  Result<Backend*> For(const Model& model) const;

  std::vector<const Backend*> all() const;

 private:
  explicit BackendSet(std::vector<std::unique_ptr<Backend>> backends)
      : backends_(std::move(backends)) {}

  std::vector<std::unique_ptr<Backend>> backends_;
};

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_BACKEND_SET_H_
