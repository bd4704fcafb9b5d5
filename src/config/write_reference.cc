// write_reference docs/configuration.md: replaces everything after the mark by the current
// reference.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "namesake/config.h"

int main(int argc, char** argv) {
  constexpr std::string_view kMark =
      "<!-- From here on written by configuration_reference. -->\n\n";
  if (argc != 2) return 2;
  std::ifstream old_file(argv[1], std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(old_file), {});
  const std::size_t mark = text.find(kMark);
  if (mark == std::string::npos) {
    std::fprintf(stderr, "%s has no line \"%s\"\n", argv[1], kMark.data());
    return 1;
  }
  text.resize(mark + kMark.size());
  text += namesake::SettingsReference();
  return std::ofstream(argv[1], std::ios::binary) << text << std::flush ? 0 : 1;
}
