#include "worker/loader_line.h"

#include <fmt/format.h>

namespace namesake::worker {

// As glibc writes it: "PROGRAM: error while loading shared libraries: NAME: cannot open shared
// object file: No such file or directory".
std::string ReadLoaderLine(std::string_view line) {
  constexpr std::string_view kBefore = ": error while loading shared libraries: ";
  constexpr std::string_view kAfter = ": cannot open shared object file: No such file or directory";
  const auto before = line.find(kBefore);
  if (before == std::string_view::npos || !line.ends_with(kAfter)) return std::string(line);
  std::string_view name = line.substr(before + kBefore.size());
  name.remove_suffix(kAfter.size());
  return fmt::format("its library is missing: {} not found", name);
}

}  // namespace namesake::worker
