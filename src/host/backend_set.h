// The backends of a host. Their order, which the operator chooses, decides which one serves an
// encoding.
#ifndef NAMESAKE_HOST_BACKEND_SET_H_
#define NAMESAKE_HOST_BACKEND_SET_H_

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/backend.h"

namespace namesake::host {

// Reports an unknown backend name.
std::unexpected<Error> NoBackend(std::string_view name, std::span<const std::string_view> known);

// The backend that comes first for an encoding, by its name.
using EncodingBackends = std::map<Encoding, std::string>;

// Returns the choices that can't be made, in the order of their encodings: invalid_argument for an
// unknown backend; invalid_encoding for one that does not read the encoding.
std::vector<std::pair<Encoding, Error>> FindWrongChoices(const EncodingBackends& first,
                                                         std::span<const Backend* const> backends);

// Returns the index of the backend that the model names, or else of the first one that reads its
// encoding and knows its options, or else of the first that reads it. Errors: invalid_argument for
// an unknown backend, with a suggestion; invalid_encoding, listing the encodings served.
Result<std::size_t> FindBackend(const Model& model, std::span<const Backend* const> backends,
                                const EncodingBackends& first = {});

// Immutable after construction; safe for all threads. A backend may be there twice under one name:
// in this process, and in workers.
class BackendSet {
 public:
  // Errors: invalid_argument for two backends with the same name and isolation; the first of
  // FindWrongChoices.
  static Result<BackendSet> Make(std::vector<std::unique_ptr<Backend>> backends,
                                 EncodingBackends first = {});

  // Returns the backend that serves the model (`FindBackend`), where the isolation wants it.
  // Further errors: unsupported if it is not there, with the remedy.
  Result<Backend*> For(const Model& model, Isolation isolation) const;
  // Like the above, wherever the backend is, for questions that need no graph.
  Result<Backend*> For(const Model& model) const;

  // One of each name.
  std::vector<const Backend*> all() const;

 private:
  BackendSet(std::vector<std::unique_ptr<Backend>> backends, EncodingBackends first)
      : backends_(std::move(backends)), first_(std::move(first)) {}

  std::vector<std::unique_ptr<Backend>> backends_;
  EncodingBackends first_;
};

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_BACKEND_SET_H_
