#include "host/backend_set.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/fail.h"

namespace namesake {

Result<BackendSet> BackendSet::Make(std::vector<std::unique_ptr<Backend>> backends) {
  std::set<std::string_view> names;
  for (const auto& backend : backends) {
    if (!names.insert(backend->name()).second) {
      return Fail(ErrorCode::kInvalidArgument, "two backends are named \"{}\"", backend->name());
    }
  }
  return BackendSet(std::move(backends));
}

Result<Backend*> BackendSet::For(Encoding encoding) const {
  std::set<std::string_view> served;
  for (const auto& backend : backends_) {
    for (const Encoding read : backend->encodings()) {
      if (read == encoding) return backend.get();
      served.insert(EncodingName(read));
    }
  }
  return Fail(ErrorCode::kInvalidEncoding, "no backend serves the encoding {}; served are: {}",
              EncodingName(encoding),
              served.empty() ? "none" : fmt::to_string(fmt::join(served, ", ")));
}

std::vector<const Backend*> BackendSet::all() const {
  std::vector<const Backend*> all;
  for (const auto& backend : backends_) all.push_back(backend.get());
  return all;
}

}  // namespace namesake
