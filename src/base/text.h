// Text for people: lists, sizes, whether bytes are text at all, and what a terminal may be sent.
#ifndef NAMESAKE_BASE_TEXT_H_
#define NAMESAKE_BASE_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace namesake::base {

// Well-formed UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsUtf8(std::string_view bytes);

// Whether text that IsUtf8 accepts has a character of C0, C1 or DEL.
bool HasControlCharacter(std::string_view utf8);

// "8.9 MiB", "602112 bytes"; binary units from 1 KiB on, one decimal.
std::string SizeText(std::uint64_t bytes);

// The bytes with everything that is not printable ASCII or UTF-8 text written as \xNN, so that a
// message can quote what a guest sent.
std::string Printable(std::string_view bytes);

// The bytes as one line that is safe to write to a terminal or a log: control characters, invalid
// UTF-8, and characters that hide or reorder text are written as \xNN.
std::string VisibleLine(std::string_view bytes);

// The same for text of several lines. Indents each line but the first by four spaces, so that no
// quoted text can begin a line the way the host does.
std::string Visible(std::string_view bytes);

// `to` in place of each `from`, which is not empty.
void ReplaceAll(std::string_view from, std::string_view to, std::string& text);

std::string ToLower(std::string_view ascii);

// The same bytes, which must outlive the result.
inline std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A number written in decimal digits alone: no sign, no blanks. None for anything else, and above
// 64 bits.
std::optional<std::uint64_t> ParseDigits(std::string_view text);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_TEXT_H_
