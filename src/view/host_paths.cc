#include "view/host_paths.h"

#include <string.h>

#include <algorithm>
#include <cctype>

namespace namesake::view {
namespace {

// So that a look for what a hostile model has had quoted takes milliseconds.
constexpr std::size_t kMostPaths = 8;
constexpr std::size_t kMostKnownBytes = std::size_t{64} << 20;

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("._-~)").contains(c);
}

// Where the next path begins: at a slash that does not go on a word, and has one after it.
std::size_t FindPath(std::string_view text, std::size_t from) {
  for (std::size_t at = text.find('/', from); at != text.npos; at = text.find('/', at + 1)) {
    const bool begins = at == 0 || !(IsNameCharacter(text[at - 1]) || text[at - 1] == '/');
    if (begins && at + 1 < text.size() && text[at + 1] != ' ') return at;
  }
  return text.npos;
}

std::string_view PathAt(std::string_view text, std::size_t at) {
  std::string_view path = text.substr(at, text.find_first_of(" \t\n\"'`,;:()[]<>{}|", at) - at);
  while (path.size() > 1 && path.ends_with('.')) path.remove_suffix(1);
  return path;
}

bool Holds(ByteSpan bytes, std::string_view text) {
  const ByteSpan looked_at = bytes.first(std::min(bytes.size(), kMostKnownBytes));
  return ::memmem(looked_at.data(), looked_at.size(), text.data(), text.size()) != nullptr;
}

}  // namespace

bool NamesHostPath(std::string_view message, std::span<const ByteSpan> known) {
  std::size_t paths = 0;
  for (std::size_t at = FindPath(message, 0); at != message.npos;) {
    const std::string_view path = PathAt(message, at);
    if (++paths > kMostPaths) return true;
    if (std::ranges::none_of(known, [&](ByteSpan bytes) { return Holds(bytes, path); }))
      return true;
    at = FindPath(message, at + path.size());
  }
  return false;
}

}  // namespace namesake::view
