#include "host/backend_set.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "base/fail.h"
#include "base/text.h"

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

Result<Backend*> BackendSet::Named(const Model& model) const {
  std::vector<std::string_view> names;
  for (const auto& backend : backends_) {
    names.push_back(backend->name());
    if (backend->name() != model.backend) continue;
    if (std::ranges::count(backend->encodings(), model.encoding) > 0) return backend.get();
    return Fail(ErrorCode::kInvalidEncoding, "the backend {} does not read the encoding {}",
                backend->name(), EncodingName(model.encoding));
  }
  return Fail(ErrorCode::kInvalidArgument, "there is no backend \"{}\"; there are: {}",
              Printable(model.backend), fmt::to_string(fmt::join(names, ", ")));
}

Result<Backend*> BackendSet::For(const Model& model) const {
  if (!model.backend.empty()) return Named(model);
  std::set<std::string_view> served;
  for (const auto& backend : backends_) {
    for (const Encoding read : backend->encodings()) {
      if (read == model.encoding) return backend.get();
      served.insert(EncodingName(read));
    }
  }
  return Fail(ErrorCode::kInvalidEncoding, "no backend serves the encoding {}; served are: {}",
              EncodingName(model.encoding),
              served.empty() ? "none" : fmt::to_string(fmt::join(served, ", ")));
}

std::vector<const Backend*> BackendSet::all() const {
  std::vector<const Backend*> all;
  for (const auto& backend : backends_) all.push_back(backend.get());
  return all;
}

}  // namespace namesake
