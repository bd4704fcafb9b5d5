#include "graph/named_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "graph/encoding_layout.h"
#include "graph/onnx_scan.h"

namespace namesake::graph {

NamedPlace PlaceOf(std::string_view name, GivenAs given) {
  // OpenVINO's reader interprets this name as memory, and the offset as an address in it.
  constexpr std::string_view kMemoryAddress = "_ORT_MEM_ADDR_";
  if (given == GivenAs::kBytes) return NamedPlace::kNoFolder;
  if (name.empty() || name.contains('\0') || !base::IsUtf8(name)) return NamedPlace::kNoName;
  if (name.contains(kMemoryAddress)) return NamedPlace::kMemory;
  const std::filesystem::path path(name);
  if (path.is_absolute() || std::ranges::find(path, "..") != path.end()) {
    return NamedPlace::kOutside;
  }
  return NamedPlace::kBeneath;
}

std::optional<NamedFiles> FilesNamedBy(std::span<const std::byte> content, Encoding encoding,
                                       GivenAs given) {
  NamedFiles named;
  if (!MayHave(encoding, Companions::kNamed)) return named;
  auto scan = ScanOnnx(content);
  if (!scan) return encoding == Encoding::kAutodetect ? std::optional(named) : std::nullopt;
  named.misplaced = std::move(scan->misplaced);
  for (std::size_t i = 0; i < scan->locations.size(); ++i) {
    std::string& name = scan->locations[i];
    const NamedPlace place = PlaceOf(name, given);
    named.files.push_back(
        {.name = std::move(name), .place = place, .needed_bytes = scan->needed_bytes[i]});
  }
  return named;
}

}  // namespace namesake::graph
