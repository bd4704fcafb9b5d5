#include "config/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/nearest.h"
#include "base/text.h"
#include "base/units.h"
#include "namesake/model.h"

namespace namesake::config {
namespace {

// Whether a shell would expand the path: "~", "~/cache", "$HOME/cache", "${HOME}". A name such as
// "~backup.onnx" is not expanded.
bool LooksExpanded(std::string_view path) {
  if (path.starts_with("~")) return path == "~" || path.contains('/');
  if (!path.starts_with("$") || path.size() == 1) return false;
  const char next = path[1];
  return next == '{' || next == '_' || (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z');
}

}  // namespace

void AddWrongKind(const Input& input, std::string_view expected) {
  input.problems.Add(input.node.place, "{} must be {}, not {}", input.key, expected,
                     KindText(input.node));
}

std::optional<unsigned> ReadCount(const Input& input, unsigned most) {
  const std::string expected = fmt::format("an integer from 1 to {}", most);
  const auto* const count = input.node.As<std::int64_t>();
  if (count == nullptr) {
    AddWrongKind(input, expected);
    return std::nullopt;
  }
  if (*count >= 1 && *count <= most) return static_cast<unsigned>(*count);
  input.problems.Add(input.node.place, "{} must be {}, not {}", input.key, expected, *count);
  return std::nullopt;
}

std::optional<std::string> ReadText(const Input& input) {
  if (const auto* text = input.node.As<std::string>()) return *text;
  AddWrongKind(input, "a string");
  return std::nullopt;
}

std::optional<std::filesystem::path> ReadPath(const Input& input) {
  const auto text = ReadText(input);
  if (!text) return std::nullopt;
  if (text->empty()) {
    input.problems.Add(input.node.place, "{} is empty", input.key);
    return std::nullopt;
  }
  if (text->contains('\0')) {
    input.problems.Add(input.node.place, "{} has a zero byte, which a path can't contain",
                       input.key);
    return std::nullopt;
  }
  if (LooksExpanded(*text)) {
    input.problems.Add(input.node.place,
                       "{} is \"{}\", but ~ and variables are not expanded; write the full path, "
                       "or \"./{}\" for a file of that name",
                       input.key, base::Printable(*text), base::Printable(*text));
    return std::nullopt;
  }
  const bool in_file = input.node.place.source == 0;
  return (in_file ? input.problems.file().parent_path() : std::filesystem::path()) / *text;
}

std::optional<bool> ReadFlag(const Input& input) {
  if (const auto* flag = input.node.As<bool>()) return *flag;
  AddWrongKind(input, "true or false");
  return std::nullopt;
}

std::optional<std::size_t> ReadChoice(const Input& input,
                                      std::span<const std::string_view> choices) {
  const auto text = ReadText(input);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(choices, base::ToLower(*text));
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  input.problems.Add(input.node.place, "\"{}\" is not a valid value for {}{}",
                     base::Printable(*text), input.key,
                     base::Suggestion(base::ToLower(*text), choices));
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> ReadDuration(const Input& input) {
  const auto* text = input.node.As<std::string>();
  if (text == nullptr) {
    AddWrongKind(input, "a duration such as \"250 ms\"");
    return std::nullopt;
  }
  const auto duration = base::ParseDuration(*text);
  if (duration) return *duration;
  input.problems.Add(input.node.place, "{}: {}", input.key, duration.error().detail());
  return std::nullopt;
}

std::optional<std::string> ReadScalar(const Input& input) {
  const auto to_text = [](const auto& value) -> std::optional<std::string> {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, std::string>) {
      return value;
    } else if constexpr (std::is_arithmetic_v<Value>) {
      return fmt::format("{}", value);
    } else {
      return std::nullopt;
    }
  };
  auto text = std::visit(to_text, input.node.value);
  if (!text) AddWrongKind(input, "a string, a number or a boolean");
  return text;
}

std::vector<PlacedText> ReadTexts(const Input& input) {
  std::vector<PlacedText> texts;
  const auto* list = input.node.As<Node::List>();
  if (list == nullptr) {
    AddWrongKind(input, "a list of strings");
    return texts;
  }
  std::set<std::string_view> seen;
  for (const Node& node : *list) {
    const Input element{fmt::format("an element of {}", input.key), node, input.table,
                        input.problems};
    const auto text = ReadText(element);
    if (!text) continue;
    if (text->empty()) {
      input.problems.Add(node.place, "{} is empty", element.key);
    } else if (!seen.insert(*node.As<std::string>()).second) {
      input.problems.Add(node.place, "{} has \"{}\" twice", input.key, base::Printable(*text));
    } else {
      texts.push_back({*text, node.place});
    }
  }
  return texts;
}

}  // namespace namesake::config
