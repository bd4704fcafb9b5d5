// A TOML document as a tree, with the place of every part, and with the overrides applied.
#ifndef NAMESAKE_CONFIG_DOCUMENT_H_
#define NAMESAKE_CONFIG_DOCUMENT_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace namesake::config {

class Problems;

// Ordered by reading order: first the file, then the overrides.
struct Place {
  // 0 for the file, n for override n-1.
  std::size_t source = 0;
  // Counted from 1; 0 in an override.
  int line = 0;
  int column = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Entry;
// In the file's order; keys are unique.
using Table = std::vector<Entry>;

// Dates and times; no setting has such a value.
struct Time {};

struct Node {
  using List = std::vector<Node>;

  Place place{};
  std::variant<std::string, std::int64_t, double, bool, Time, List, Table> value;

  // Null if the value has another type.
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
};

struct Entry {
  std::string key;
  Place place{};
  Node value{};
};

// Null if there is no such entry.
Entry* Find(Table& table, std::string_view key);
const Node* Find(const Table& table, std::string_view key);

// "a string", "an integer" and so on; for a number with a fraction, the number itself, such as
// "8.5".
std::string KindText(const Node& node);

// Writes a key as in TOML, with quotes if it needs them.
std::string KeyText(std::string_view key);

// Returns the file's table with the overrides merged. Adds a problem for each source that is not
// TOML, and leaves that source out.
Table ParseDocument(std::string_view text, std::span<const std::string> overrides,
                    Problems& problems);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_DOCUMENT_H_
