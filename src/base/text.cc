#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <system_error>

namespace namesake::base {
namespace {

// Measures the well-formed sequence at the front of `bytes`; 0 for none (Unicode, table 3-7).
std::size_t SequenceLength(std::string_view bytes) {
  const auto at = [&](std::size_t i) -> unsigned {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && at(1) < 0xA0) return 0;
    if (lead == 0xED && at(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && at(1) < 0x90) return 0;
    if (lead == 0xF4 && at(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

bool IsControl(std::string_view sequence) {
  const auto lead = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return lead < 0x20 || lead == 0x7F;
  // U+0080 to U+009F.
  return sequence.size() == 2 && lead == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0;
}

// `sequence` is well-formed.
char32_t Decode(std::string_view sequence) {
  const auto at = [&](std::size_t i) -> unsigned {
    return static_cast<unsigned char>(sequence[i]);
  };
  if (sequence.size() == 1) return at(0);
  // The lead byte of an n-byte sequence carries 7 - n bits.
  char32_t character = at(0) & (0x7FU >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i) character = character << 6 | (at(i) & 0x3FU);
  return character;
}

// Precedes each line of a message except the first.
constexpr std::string_view kContinuation = "    ";

struct Range {
  char32_t first;
  char32_t last;
};

// Characters that a terminal does not show, or that reorder others.
constexpr std::array kHidden = {
    Range{0x061C, 0x061C},    // direction mark
    Range{0x200B, 0x200F},    // zero-width characters; direction marks
    Range{0x2028, 0x202E},    // line and paragraph separators; embeddings and overrides
    Range{0x2060, 0x206F},    // invisible operators; isolates; shaping
    Range{0xFEFF, 0xFEFF},    // byte order mark
    Range{0xFFF9, 0xFFFB},    // annotations
    Range{0xE0000, 0xE007F},  // tags
};

bool IsHidden(std::string_view sequence) {
  const char32_t character = Decode(sequence);
  return std::ranges::any_of(kHidden, [=](const Range& range) {
    return character >= range.first && character <= range.last;
  });
}

// A fast check that settles most names before any UTF-8 is decoded.
bool IsPrintableAscii(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char byte) { return byte >= 0x20 && byte < 0x7F; });
}

void AppendEscaped(std::string_view bytes, std::string& text) {
  for (const char byte : bytes) {
    fmt::format_to(std::back_inserter(text), "\\x{:02x}", static_cast<unsigned char>(byte));
  }
}

// Writes invalid UTF-8, and sequences for which `hide` is true, as \xNN.
template <typename Hide>
std::string Escape(std::string_view bytes, Hide hide) {
  std::string text;
  while (!bytes.empty()) {
    const std::size_t length = SequenceLength(bytes);
    const std::string_view sequence = bytes.substr(0, length == 0 ? 1 : length);
    if (length == 0 || hide(sequence)) {
      AppendEscaped(sequence, text);
    } else {
      text += sequence;
    }
    bytes.remove_prefix(sequence.size());
  }
  return text;
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  if (IsPrintableAscii(bytes)) return true;
  while (!bytes.empty()) {
    const std::size_t length = SequenceLength(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

bool HasControlCharacter(std::string_view utf8) {
  if (IsPrintableAscii(utf8)) return false;
  while (!utf8.empty()) {
    const std::size_t length = SequenceLength(utf8);
    if (length == 0) return false;
    if (IsControl(utf8.substr(0, length))) return true;
    utf8.remove_prefix(length);
  }
  return false;
}

std::string SizeText(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 4> kUnits = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes == 1) return "1 byte";
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  auto value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string Printable(std::string_view bytes) { return Escape(bytes, IsControl); }

std::string VisibleLine(std::string_view bytes) {
  if (IsPrintableAscii(bytes)) return std::string(bytes);
  return Escape(
      bytes, [](std::string_view sequence) { return IsControl(sequence) || IsHidden(sequence); });
}

std::string Visible(std::string_view bytes) {
  std::string text;
  while (true) {
    const std::size_t end = bytes.find('\n');
    text += VisibleLine(bytes.substr(0, end));
    if (end == std::string_view::npos) return text;
    bytes.remove_prefix(end + 1);
    text += '\n';
    if (!bytes.empty() && bytes.front() != '\n') text += kContinuation;
  }
}

void ReplaceAll(std::string_view from, std::string_view to, std::string& text) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string ToLower(std::string_view ascii) {
  std::string lower(ascii);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<std::uint64_t> ParseDigits(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace namesake::base
