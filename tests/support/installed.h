// The backends of this build, in workers.
#ifndef NAMESAKE_TESTS_SUPPORT_INSTALLED_H_
#define NAMESAKE_TESTS_SUPPORT_INSTALLED_H_

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/backend.h"
#include "namesake/worker.h"

namespace namesake::test {

inline std::unique_ptr<Backend> InstalledBackend(std::string_view name) {
  const auto programs = std::filesystem::path(NAMESAKE_BINARY_DIR) / "libexec/namesake";
  for (auto& backend : InstalledBackends(programs)) {
    if (backend->name() == name) return std::move(backend);
  }
  throw std::runtime_error("no backend " + std::string(name));
}

// As its program has to report them.
inline std::vector<Encoding> InstalledEncodings(std::string_view name) {
  const auto backend = InstalledBackend(name);
  return {backend->encodings().begin(), backend->encodings().end()};
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_INSTALLED_H_
