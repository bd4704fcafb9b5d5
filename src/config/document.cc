#include "config/document.h"

// Compiled in, so that sanitizers and fuzzers see it, and without its exceptions.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <expected>
#include <optional>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "config/problems.h"

namespace namesake::config {
namespace {

struct SyntaxError {
  Place place;
  std::string message;
};

// A table within a table takes stack, in the parser's destructors too. It limits what nests in
// brackets, and not the dots of a key, of which a line of 1 MiB has enough to overflow the stack.
constexpr int kMostDots = 16;

// Skips strings and comments, in which dots mean nothing.
class DotScanner {
 public:
  explicit DotScanner(std::string_view text) : text_(text) {}

  // The line of the first key with too many dots, from 1.
  std::optional<int> TooManyInLine() {
    int dots = 0;
    while (at_ < text_.size()) {
      switch (text_[at_]) {
        case '\n':
          ++line_;
          dots = 0;
          ++at_;
          break;
        case '.':
          if (++dots > kMostDots) return line_;
          ++at_;
          break;
        case '#':
          at_ = std::min(text_.find('\n', at_), text_.size());
          break;
        case '"':
        case '\'':
          SkipString(text_[at_]);
          break;
        default:
          ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  void SkipString(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_).starts_with(triple);
    at_ += multi_line ? 3 : 1;
    while (at_ < text_.size()) {
      if (multi_line && text_.substr(at_).starts_with(triple)) {
        at_ += 3;
        // A string may end with quotes of its own: """"two quotes"""""
        while (at_ < text_.size() && text_[at_] == quote) ++at_;
        return;
      }
      if (!multi_line && text_[at_] == '\n') return;
      if (!multi_line && text_[at_] == quote) {
        ++at_;
        return;
      }
      if (quote == '"' && text_[at_] == '\\') ++at_;
      if (at_ < text_.size() && text_[at_] == '\n') ++line_;
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

// Deeper than any setting lies.
constexpr int kMostLevels = 16;

// Builds the tree of one source.
class Converter {
 public:
  explicit Converter(std::size_t source) : source_(source) {}

  // Where there is more than `kMostLevels` in each other, which is left out of the tree.
  const std::optional<Place>& too_deep() const { return too_deep_; }

  Place PlaceOf(const toml::source_region& region) const {
    if (source_ > 0) return {.source = source_};
    return {.line = static_cast<int>(region.begin.line),
            .column = static_cast<int>(region.begin.column)};
  }

  Table ToTable(const toml::table& table, int level = 0) {
    Table entries;
    for (const auto& [key, value] : table) {
      entries.push_back({std::string(key.str()), PlaceOf(key.source()), ToNode(value, level + 1)});
    }
    // In an override all have one place.
    std::ranges::sort(entries, {},
                      [](const Entry& entry) { return std::tie(entry.place, entry.key); });
    return entries;
  }

 private:
  Node ToNode(const toml::node& node, int level) {
    Node converted{.place = PlaceOf(node.source()), .value = {}};
    if (level > kMostLevels) {
      if (!too_deep_) too_deep_ = converted.place;
      return converted;
    }
    if (const auto* table = node.as_table()) converted.value = ToTable(*table, level);
    if (const auto* list = node.as_array()) {
      Node::List elements;
      for (const toml::node& element : *list) elements.push_back(ToNode(element, level + 1));
      converted.value = std::move(elements);
    }
    if (const auto* text = node.as_string()) converted.value = text->get();
    if (const auto* integer = node.as_integer()) converted.value = integer->get();
    if (const auto* number = node.as_floating_point()) converted.value = number->get();
    if (const auto* flag = node.as_boolean()) converted.value = flag->get();
    if (node.is_date() || node.is_time() || node.is_date_time()) converted.value = Time{};
    return converted;
  }

  std::size_t source_;
  std::optional<Place> too_deep_{};
};

std::expected<Table, SyntaxError> ParseToml(std::string_view text, std::size_t source) {
  Converter converter(source);
  if (const auto line = DotScanner(text).TooManyInLine()) {
    Place place{.source = source};
    if (source == 0) place = {.line = *line, .column = 1};
    return std::unexpected(
        SyntaxError{place, fmt::format("more than {} dots in the keys of a line", kMostDots)});
  }
  const toml::parse_result parsed = toml::parse(text);
  if (parsed.failed()) {
    const toml::parse_error& error = parsed.error();
    return std::unexpected(
        SyntaxError{converter.PlaceOf(error.source()),
                    fmt::format("not TOML: {}", Printable(error.description()))});
  }
  Table table = converter.ToTable(parsed.table());
  if (!converter.too_deep()) return table;
  return std::unexpected(
      SyntaxError{*converter.too_deep(),
                  fmt::format("more than {} tables and lists in each other", kMostLevels)});
}

// The one value in a document that has no other; null for one that has.
Node* OnlyLeaf(Table& table) {
  if (table.size() != 1) return nullptr;
  Node& value = table.front().value;
  auto* inner = std::get_if<Table>(&value.value);
  return inner == nullptr ? &value : OnlyLeaf(*inner);
}

// The tables for a dotted key with an empty text at their end; nothing when `key` is no such.
std::optional<Table> ParseKey(std::string_view key, std::size_t source) {
  auto table = ParseToml(fmt::format("{} = ''", key), source);
  if (!table) return std::nullopt;
  // A key with an equal sign in it, or a comment's sign, is more than a key.
  const Node* leaf = OnlyLeaf(*table);
  const auto* text = leaf == nullptr ? nullptr : leaf->As<std::string>();
  if (text == nullptr || !text->empty()) return std::nullopt;
  return *std::move(table);
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::expected<Table, std::string> ParseOverride(std::string_view text, std::size_t source) {
  if (!IsUtf8(text) || HasControlCharacter(text)) {
    return std::unexpected("has a control character or is not UTF-8");
  }
  for (std::size_t equal = text.find('='); equal != std::string_view::npos;
       equal = text.find('=', equal + 1)) {
    auto table = ParseKey(text.substr(0, equal), source);
    if (!table) continue;  // The equal sign may stand in a quoted key.
    if (auto whole = ParseToml(text, source)) return *std::move(whole);
    OnlyLeaf(*table)->value = std::string(Trim(text.substr(equal + 1)));
    return *std::move(table);
  }
  return std::unexpected("expected KEY=VALUE with a key such as host.limits.max_models");
}

void Merge(Table& base, Table&& over) {
  for (Entry& entry : over) {
    Entry* const there = Find(base, entry.key);
    if (there == nullptr) {
      base.push_back(std::move(entry));
      continue;
    }
    auto* const base_table = std::get_if<Table>(&there->value.value);
    auto* const over_table = std::get_if<Table>(&entry.value.value);
    if (base_table != nullptr && over_table != nullptr) {
      Merge(*base_table, std::move(*over_table));
    } else {
      *there = std::move(entry);
    }
  }
}

bool IsBareKey(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace

Entry* Find(Table& table, std::string_view key) {
  const auto found = std::ranges::find(table, key, &Entry::key);
  return found == table.end() ? nullptr : &*found;
}

const Node* Find(const Table& table, std::string_view key) {
  const auto found = std::ranges::find(table, key, &Entry::key);
  return found == table.end() ? nullptr : &found->value;
}

std::string_view KindText(const Node& node) {
  // In the order of the variant.
  static constexpr std::array<std::string_view, 7> kKinds = {
      "text", "whole number", "number", "boolean", "date or time", "list", "table"};
  static_assert(std::variant_size_v<decltype(Node::value)> == kKinds.size());
  return kKinds[node.value.index()];
}

std::string KeyText(std::string_view key) {
  return IsBareKey(key) ? std::string(key) : fmt::format("\"{}\"", Printable(key));
}

Table ParseDocument(std::string_view text, std::span<const std::string> overrides,
                    Problems& problems) {
  auto document = ParseToml(text, 0);
  if (!document) problems.Add(document.error().place, "{}", document.error().message);
  for (std::size_t i = 0; i < overrides.size(); ++i) {
    auto over = ParseOverride(overrides[i], i + 1);
    if (!over) {
      problems.Add({.source = i + 1}, "{}", over.error());
    } else if (document) {
      Merge(*document, *std::move(over));
    }
  }
  return document ? *std::move(document) : Table{};
}

}  // namespace namesake::config
