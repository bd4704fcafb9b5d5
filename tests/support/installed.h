// The backends of this build, in workers.
#ifndef NAMESAKE_TESTS_SUPPORT_INSTALLED_H_
#define NAMESAKE_TESTS_SUPPORT_INSTALLED_H_

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "namesake/backend.h"
#include "namesake/worker.h"

namespace namesake::test {

inline std::filesystem::path InstalledPrograms() {
  return std::filesystem::path(NAMESAKE_BINARY_DIR) / "libexec/namesake";
}

inline std::unique_ptr<Backend> InstalledBackend(std::string_view name) {
  for (auto& backend : InstalledBackends(InstalledPrograms())) {
    if (backend->name() == name) return std::move(backend);
  }
  throw std::runtime_error("no backend " + std::string(name));
}

// Whether the tests use backends in workers: NAMESAKE_TEST_WORKERS in the environment.
inline bool InWorkers() { return std::getenv("NAMESAKE_TEST_WORKERS") != nullptr; }

// The backend's program, for a test that starts it in a way of its own.
inline BackendProgram InstalledProgram(std::string_view name) {
  const auto backend = InstalledBackend(name);
  return {.name = std::string(name),
          .encodings = {backend->encodings().begin(), backend->encodings().end()},
          .path = InstalledPrograms() / ("namesake-backend-" + std::string(name))};
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_INSTALLED_H_
