// Reads single values, and reports what is wrong with them.
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

// A value passed to its reader.
struct Input {
  // The value's key, for messages.
  std::string key;
  const Node& node;
  // The table that contains it, as written in the file, such as "[host]"; empty for the file
  // itself.
  const std::string& table;
  Problems& problems;
};

// Adds "`key` must be `expected`, not a list" or similar.
void AddWrongKind(const Input& input, std::string_view expected);

// The functions below return an empty result if they have added a problem.

std::optional<std::string> ReadText(const Input& input);
// The result is not empty, has no zero byte, and is resolved against the file's folder or, in an
// override, the working directory.
std::optional<std::filesystem::path> ReadPath(const Input& input);
std::optional<bool> ReadFlag(const Input& input);
// Returns an integer from 1 to `most`.
std::optional<unsigned> ReadCount(const Input& input, unsigned most);
// Returns the index of one of `choices`, in any case.
std::optional<std::size_t> ReadChoice(const Input& input,
                                      std::span<const std::string_view> choices);
std::optional<std::chrono::nanoseconds> ReadDuration(const Input& input);
// Returns a string, number or boolean as a string.
std::optional<std::string> ReadScalar(const Input& input);

struct PlacedText {
  std::string text;
  Place place;
};
// Reads a list of distinct, non-empty strings; leaves out those that are empty or repeated.
std::vector<PlacedText> ReadTexts(const Input& input);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_VALUES_H_
