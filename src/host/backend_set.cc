#include "host/backend_set.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/text.h"

namespace namesake::host {
namespace {

Result<std::size_t> FindNamed(const Model& model, std::span<const Backend* const> backends) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    names.push_back(backends[i]->name());
    if (backends[i]->name() != model.backend) continue;
    if (std::ranges::count(backends[i]->encodings(), model.encoding) > 0) return i;
    return base::Fail(ErrorCode::kInvalidEncoding, "the backend {} does not read the encoding {}",
                      model.backend, EncodingName(model.encoding));
  }
  return NoBackend(model.backend, names);
}

bool KnowsOptions(const Backend& backend, const Model& model) {
  return std::ranges::all_of(model.options,
                             [&](const auto& option) { return backend.KnowsOption(option.first); });
}

}  // namespace

std::unexpected<Error> NoBackend(std::string_view name, std::span<const std::string_view> names) {
  // A backend may be known twice.
  std::vector<std::string_view> known;
  for (const std::string_view other : names) {
    if (std::ranges::find(known, other) == known.end()) known.push_back(other);
  }
  return base::Fail(ErrorCode::kInvalidArgument, "unknown backend \"{}\"{}", base::Printable(name),
                    base::Suggestion(name, known));
}

std::vector<std::pair<Encoding, Error>> FindWrongChoices(const EncodingBackends& first,
                                                         std::span<const Backend* const> backends) {
  std::vector<std::pair<Encoding, Error>> wrong;
  for (const auto& [encoding, name] : first) {
    const auto found = FindNamed({.encoding = encoding, .backend = name}, backends);
    if (!found) wrong.emplace_back(encoding, found.error());
  }
  return wrong;
}

Result<std::size_t> FindBackend(const Model& model, std::span<const Backend* const> backends,
                                const EncodingBackends& first) {
  if (!model.backend.empty()) return FindNamed(model, backends);
  std::set<std::string_view> served;
  std::vector<std::size_t> readers;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    for (const Encoding read : backends[i]->encodings()) {
      served.insert(EncodingName(read));
      if (read == model.encoding) readers.push_back(i);
    }
  }
  if (readers.empty()) {
    return base::Fail(ErrorCode::kInvalidEncoding,
                      "no backend serves the encoding {}; encodings served: {}",
                      EncodingName(model.encoding),
                      served.empty() ? "none" : fmt::to_string(fmt::join(served, ", ")));
  }
  if (const auto chosen = first.find(model.encoding); chosen != first.end()) {
    std::ranges::stable_partition(
        readers, [&](std::size_t reader) { return backends[reader]->name() == chosen->second; });
  }
  const auto knows = std::ranges::find_if(
      readers, [&](std::size_t i) { return KnowsOptions(*backends[i], model); });
  // The first reports the option that it does not know.
  return knows != readers.end() ? *knows : readers.front();
}

Result<BackendSet> BackendSet::Make(std::vector<std::unique_ptr<Backend>> backends,
                                    EncodingBackends first) {
  std::set<std::pair<std::string_view, Isolation>> names;
  for (const auto& backend : backends) {
    if (!names.emplace(backend->name(), backend->isolation()).second) {
      return base::Fail(ErrorCode::kInvalidArgument, "two backends are named \"{}\"",
                        backend->name());
    }
  }
  BackendSet set(std::move(backends), std::move(first));
  if (auto wrong = FindWrongChoices(set.first_, set.all()); !wrong.empty()) {
    return std::unexpected(std::move(wrong.front().second));
  }
  return set;
}

Result<Backend*> BackendSet::For(const Model& model, Isolation isolation) const {
  const auto any = For(model);
  // A backend in workers runs in those of tenants and of the host.
  const bool in_process = isolation == Isolation::kProcess;
  const auto is_there = [&](const Backend& backend) {
    return (backend.isolation() == Isolation::kProcess) == in_process;
  };
  if (!any || is_there(**any)) return any;
  for (const auto& backend : backends_) {
    if (backend->name() == (*any)->name() && is_there(*backend)) return backend.get();
  }
  return base::Fail(
      ErrorCode::kUnsupported,
      "the backend {} is {}, where isolation = \"{}\" does not allow it; set isolation "
      "= \"{}\" for it",
      (*any)->name(), in_process ? "in workers" : "in the host's process", IsolationName(isolation),
      IsolationName((*any)->isolation()));
}

Result<Backend*> BackendSet::For(const Model& model) const {
  const std::vector<const Backend*> known = all();
  const auto index = FindBackend(model, known, first_);
  if (!index) return base::Fail(index);
  const auto found = std::ranges::find_if(
      backends_, [&](const auto& backend) { return backend.get() == known[*index]; });
  return found->get();
}

std::vector<const Backend*> BackendSet::all() const {
  std::vector<const Backend*> all;
  for (const auto& backend : backends_) {
    const auto same = [&](const Backend* other) { return other->name() == backend->name(); };
    if (std::ranges::none_of(all, same)) all.push_back(backend.get());
  }
  return all;
}

}  // namespace namesake::host
