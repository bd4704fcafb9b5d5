#include "backend_openvino/sniff.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace namesake::openvino {
namespace {

using namespace std::string_view_literals;

constexpr std::array kGuesses = {Encoding::kOpenVino, Encoding::kTensorFlowLite, Encoding::kGgml,
                                 Encoding::kOnnx, Encoding::kTensorFlow};

std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The root element is near the beginning, after an XML declaration and perhaps a comment.
bool MayBeIr(std::string_view text) {
  constexpr std::size_t kHead = 4096;
  return text.substr(0, kHead).contains("<net"sv);
}

// A message whose first field is the version of the format, a small number.
bool MayBeOnnx(std::string_view text) {
  constexpr char kMaxVersion = 64;
  return text.size() >= 2 && text[0] == 0x08 && text[1] > 0 && text[1] < kMaxVersion;
}

// A message whose first field is a node, the function library or the versions; no format name.
bool MayBeGraphDef(std::string_view text) {
  return text.starts_with('\x0a') || text.starts_with('\x12') || text.starts_with('\x22');
}

}  // namespace

bool IsServed(Encoding encoding) {
  return encoding == Encoding::kOpenVino || encoding == Encoding::kOnnx ||
         encoding == Encoding::kTensorFlow || encoding == Encoding::kTensorFlowLite;
}

bool MayBe(Encoding encoding, std::span<const std::byte> content) {
  const std::string_view text = AsText(content);
  switch (encoding) {
    case Encoding::kOpenVino:
      return MayBeIr(text);
    case Encoding::kOnnx:
      return MayBeOnnx(text);
    case Encoding::kTensorFlow:
      return MayBeGraphDef(text);
    case Encoding::kTensorFlowLite:
      return text.size() >= 8 && text.substr(4, 4) == "TFL3"sv;
    case Encoding::kGgml:
      return text.starts_with("GGUF"sv);
    default:
      return false;
  }
}

std::optional<Encoding> Guess(std::span<const std::byte> content) {
  const auto found =
      std::ranges::find_if(kGuesses, [&](Encoding encoding) { return MayBe(encoding, content); });
  return found == kGuesses.end() ? std::nullopt : std::optional(*found);
}

bool HasConstants(std::span<const std::byte> xml) {
  return AsText(xml).contains("type=\"Const\""sv);
}

}  // namespace namesake::openvino
