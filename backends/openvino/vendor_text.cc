#include "backend_openvino/vendor_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "base/text.h"

namespace namesake::openvino {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

bool TakePrefix(std::string_view prefix, std::string_view& text) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool TakeSuffix(std::string_view suffix, std::string_view& text) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// Line ends such as "Exception from src/inference/src/cpp/core.cpp:117:" and "Check '…' failed at
// src/…:219:" say where OpenVINO noticed a problem, not what is wrong.
std::string_view WithoutSourcePlace(std::string_view line) {
  if (!line.ends_with(':')) return line;
  if (line.contains(" failed at ")) return line.substr(0, line.find("Check '"));
  return line.substr(0, line.find("Exception from "));
}

// Whether the line only names the current step, or advises programmers.
bool IsNoise(std::string_view line) {
  constexpr auto kSteps = std::to_array<std::string_view>(
      {"Check supported", "Loading input model", "Converting input model"});
  return line.starts_with("FrontEnd API failed with ") ||
         line.starts_with("To facilitate the conversion of unsupported operations") ||
         std::ranges::find(kSteps, line) != kSteps.end();
}

// Interprets "what(): stoll" and similar texts of the C++ library.
std::string_view MeaningOf(std::string_view text) {
  constexpr auto kNumbers =
      std::to_array<std::string_view>({"stoi", "stol", "stoll", "stoul", "stoull", "stof", "stod"});
  constexpr auto kAccesses = std::to_array<std::string_view>(
      {"map::at", "vector::", "basic_string::", "array::at", "bad optional access", "bad_variant",
       "std::exception", "std::bad_cast", "cannot create std::", "Any was not initialized",
       "_Map_base::at", "unordered_map::at", "invalid unordered_map"});
  if (std::ranges::find(kNumbers, text) != kNumbers.end()) {
    return "a number in it is malformed or too large; convert the model again";
  }
  const bool access = std::ranges::any_of(
      kAccesses, [&](std::string_view begin) { return text.starts_with(begin); });
  return access ? "it is damaged, or not as OpenVINO expects it" : text;
}

void AppendWords(std::string_view line, std::string& text) {
  while (!(line = Trimmed(line)).empty()) {
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    if (!text.empty()) text += ' ';
    text += word;
    line.remove_prefix(word.size());
  }
}

// Returns the first few of "A, B, C".
std::string FirstOf(std::string_view list) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string_view> names;
  std::size_t more = 0;
  while (!list.empty()) {
    const std::size_t end = list.find(", ");
    if (names.size() < kShown) {
      names.push_back(list.substr(0, end));
    } else {
      ++more;
    }
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 2);
  }
  const std::string shown = fmt::to_string(fmt::join(names, ", "));
  return more == 0 ? shown : fmt::format("{} and {} more", shown, more);
}

// Processes OpenVINO's words line by line.
class Reader {
 public:
  void Take(std::string_view line) {
    line = Trimmed(WithoutSourcePlace(Trimmed(line)));
    TakePrefix("[TensorFlow Frontend] ", line);
    TakePrefix("Internal error: ", line);
    if (line.empty() || IsNoise(line) || TakeReport(line)) return;
    if (in_message_) TakeNode(line);
    AppendWords(line, in_message_ ? message_ : text_);
  }

  std::string Finish() const {
    if (!unknown_.empty()) return std::string(kUnknownOperations) + unknown_;
    if (failed_.empty()) return std::string(MeaningOf(text_));
    if (message_.empty()) {
      return fmt::format("its operations {}{}", failed_, kFailedConversion);
    }
    return fmt::format("its operation {}{}{}: {}", failed_, node_, kFailedConversion,
                       MeaningOf(message_));
  }

 private:
  // Whether the line belongs to the report on unconverted operations. From it, keeps the message of
  // the first one that failed, and those without a conversion rule.
  bool TakeReport(std::string_view line) {
    if (line.starts_with("Model wasn't fully converted.")) return true;
    if (line == "Summary:") {
      in_message_ = false;
      return true;
    }
    if (TakePrefix("No translator found for ", line) && TakeSuffix(" node.", line)) {
      unknown_ = line;
      return true;
    }
    if (!TakePrefix("-- ", line)) return false;
    in_message_ = false;
    if (TakeSuffix(" with a message:", line)) {
      in_message_ = failed_.empty();
      if (in_message_) failed_ = line;
    } else if (TakePrefix("No conversion rule found for operations: ", line)) {
      unknown_ = FirstOf(line);
    } else if (TakePrefix("Conversion is failed for: ", line)) {
      if (failed_.empty()) failed_ = FirstOf(line);
    }
    return true;
  }

  // A message starts with its node: "While validating ONNX node '<Node(Add): y>': …". The next line
  // has OpenVINO's own name for it, and all of its inputs.
  void TakeNode(std::string_view& line) {
    if (line.starts_with("While validating node '") && line.ends_with(':')) line = {};
    constexpr std::string_view kBegin = "): ";
    constexpr std::string_view kEnd = ">':";
    if (!line.starts_with("While validating ONNX node '")) return;
    const std::size_t begin = line.find(kBegin);
    const std::size_t end = line.find(kEnd);
    if (end == std::string_view::npos || begin > end) return;
    const std::string_view name = line.substr(begin + kBegin.size(), end - begin - kBegin.size());
    if (!name.empty()) node_ = fmt::format(" (\"{}\")", name);
    line.remove_prefix(end + kEnd.size());
  }

  std::string text_;
  std::string unknown_;
  std::string failed_;
  std::string node_;
  std::string message_;
  bool in_message_ = false;
};

}  // namespace

std::string VendorText(std::string_view what) {
  Reader reader;
  for (std::string_view rest = what; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    reader.Take(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const std::string text = reader.Finish();
  // Some checks have no text. A text may quote a name from the model, which can be any bytes.
  if (!text.empty()) return base::Printable(text);
  std::string words;
  AppendWords(what, words);
  return base::Printable(words);
}

}  // namespace namesake::openvino
