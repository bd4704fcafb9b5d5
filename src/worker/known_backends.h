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
  std::span<const std::string_view> option_keys;
  // The folder with the vendor's libraries that the program was built with; empty for none. An
  // installed program has them elsewhere.
  std::string_view library_dir;
};

// In their order of preference.
std::span<const KnownBackend> KnownBackends();

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_KNOWN_BACKENDS_H_
