// OpenVINO's backend in this process or in workers: the same tests run with both.
#ifndef NAMESAKE_TESTS_OPENVINO_MODES_H_
#define NAMESAKE_TESTS_OPENVINO_MODES_H_

#include <memory>

#include "namesake/backend.h"
#include "namesake/host.h"
#include "namesake/isolation.h"
#include "namesake/openvino.h"
#include "support/installed.h"

namespace namesake::openvino {

using test::InWorkers;

inline std::unique_ptr<Backend> NewBackend() {
  return InWorkers() ? test::InstalledBackend("openvino") : NewOpenVinoBackend();
}

// Options of a host with that backend.
inline HostOptions NewHostOptions() {
  HostOptions options{.isolation = InWorkers() ? Isolation::kTenant : Isolation::kProcess};
  options.backends.push_back(NewBackend());
  return options;
}

}  // namespace namesake::openvino

#endif  // NAMESAKE_TESTS_OPENVINO_MODES_H_
