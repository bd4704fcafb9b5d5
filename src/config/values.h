// Reads single values, and says what is wrong with them.
#ifndef NAMESAKE_CONFIG_VALUES_H_
#define NAMESAKE_CONFIG_VALUES_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/problems.h"

namespace namesake::config {

// A value as its reader gets it.
struct Input {
  // What messages call the value: its key.
  std::string key;
  const Node& node;
  // The table it stands in, as the file writes it, such as "[host]"; empty for the file itself.
  const std::string& table;
  Problems& problems;
};

// "`key` must be `expected`, not a list".
void AddWrongKind(const Input& input, std::string_view expected);

// The functions below return nothing where they have added a problem.

std::optional<std::string> ReadText(const Input& input);
// Neither empty nor with a zero byte, and no longer relative to where it stands: a file's folder or
// an override's working directory.
std::optional<std::filesystem::path> ReadPath(const Input& input);
std::optional<bool> ReadFlag(const Input& input);
// The index of one of `choices`, in any case.
std::optional<std::size_t> ReadChoice(const Input& input,
                                      std::span<const std::string_view> choices);
std::optional<std::chrono::nanoseconds> ReadDuration(const Input& input);
// A text, number or boolean, as a text.
std::optional<std::string> ReadScalar(const Input& input);

struct PlacedText {
  std::string text;
  Place place;
};
// A list of texts that are not empty and not given twice; without those that are.
std::vector<PlacedText> ReadTexts(const Input& input);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_VALUES_H_
