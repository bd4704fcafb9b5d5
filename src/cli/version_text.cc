#include "cli/version_text.h"

#include <fmt/format.h>

#include "base/text.h"
#include "namesake/guest.h"
#include "namesake/version.h"

namespace namesake::cli {

std::string VersionText(const std::vector<std::unique_ptr<Backend>>& backends) {
  std::string text =
      fmt::format("namesake {}\nwasmtime {}\n", NAMESAKE_VERSION, GuestEngine::Version());
  for (const auto& backend : backends) {
    text += fmt::format("{} {}\n", backend->name(), backend->version());
    std::vector<std::string_view> encodings;
    for (const Encoding encoding : backend->encodings())
      encodings.push_back(EncodingName(encoding));
    text += fmt::format("  encodings: {}\n", fmt::join(encodings, ", "));
    for (const Device& device : backend->Devices()) {
      text += fmt::format("  device {}: {}\n", base::VisibleLine(device.name),
                          base::VisibleLine(device.description));
    }
  }
  text.pop_back();  // The caller ends the line.
  return text;
}

}  // namespace namesake::cli
