// A TOML document as a tree in which everything knows its place, overrides applied.
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

// Ordered as a reader comes by: the file first, then the overrides.
struct Place {
  // 0 is the file, and n the override n-1.
  std::size_t source = 0;
  // From 1; 0 in an override.
  int line = 0;
  int column = 0;

  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Entry;
// In the order of the file; keys are unique.
using Table = std::vector<Entry>;

// Dates and times, of which no setting is one.
struct Time {};

struct Node {
  using List = std::vector<Node>;

  Place place{};
  std::variant<std::string, std::int64_t, double, bool, Time, List, Table> value;

  // Null where it is something else.
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

// Null where there is none.
Entry* Find(Table& table, std::string_view key);
const Node* Find(const Table& table, std::string_view key);

// "a string", "an integer" and so on; a number with a fraction itself, such as "8.5".
std::string KindText(const Node& node);

// A key as it is written in TOML: quoted where it must be.
std::string KeyText(std::string_view key);

// The file's table with the overrides in it. What is not TOML is a problem; the rest is there.
Table ParseDocument(std::string_view text, std::span<const std::string> overrides,
                    Problems& problems);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_DOCUMENT_H_
