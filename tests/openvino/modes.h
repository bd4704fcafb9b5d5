// OpenVINO's backend in this process or in workers: the same tests run with both.
#ifndef NAMESAKE_TESTS_OPENVINO_MODES_H_
#define NAMESAKE_TESTS_OPENVINO_MODES_H_

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "namesake/backend.h"
#include "namesake/host.h"
#include "namesake/isolation.h"
#include "namesake/openvino.h"
#include "namesake/worker.h"

namespace namesake::openvino {

// As NAMESAKE_TEST_WORKERS in the environment says.
inline bool InWorkers() { return std::getenv("NAMESAKE_TEST_WORKERS") != nullptr; }

inline std::unique_ptr<Backend> NewBackend() {
  if (!InWorkers()) return NewOpenVinoBackend();
  const auto programs = std::filesystem::path(NAMESAKE_BINARY_DIR) / "libexec/namesake";
  return std::move(InstalledBackends(programs).front());
}

// Options of a host with that backend.
inline HostOptions NewHostOptions() {
  HostOptions options{.isolation = InWorkers() ? Isolation::kTenant : Isolation::kProcess};
  options.backends.push_back(NewBackend());
  return options;
}

}  // namespace namesake::openvino

#endif  // NAMESAKE_TESTS_OPENVINO_MODES_H_
