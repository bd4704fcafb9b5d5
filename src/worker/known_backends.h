// The backends that this build has, as cmake/Backend.cmake writes them down.
#ifndef NAMESAKE_WORKER_KNOWN_BACKENDS_H_
#define NAMESAKE_WORKER_KNOWN_BACKENDS_H_

#include <span>
#include <string_view>

#include "namesake/model.h"

namespace namesake::worker {

struct KnownBackend {
  std::string_view name;
  std::span<const Encoding> encodings;
};

// In their order of preference.
std::span<const KnownBackend> KnownBackends();

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_KNOWN_BACKENDS_H_
