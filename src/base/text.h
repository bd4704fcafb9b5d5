// Text for people: sizes, validation, and what is safe to send to a terminal.
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

// Whether text that IsUtf8 accepts contains a C0 or C1 control character or DEL.
bool HasControlCharacter(std::string_view utf8);

// "8.9 MiB", "602112 bytes": binary units from 1 KiB on, one decimal.
std::string SizeText(std::uint64_t bytes);

// Writes everything except printable ASCII and UTF-8 text as \xNN, so that a message can quote what
// a guest sent.
std::string Printable(std::string_view bytes);

// Returns the bytes as one line that is safe for a terminal or a log: writes control characters,
// invalid UTF-8, and characters that hide or reorder text as \xNN.
std::string VisibleLine(std::string_view bytes);

// Like VisibleLine, for text of several lines. Indents each line except the first by four spaces,
// so that no quoted text can start a line the way the host does.
std::string Visible(std::string_view bytes);

// Replaces each `from`, which must not be empty, by `to`.
void ReplaceAll(std::string_view from, std::string_view to, std::string& text);

std::string ToLower(std::string_view ascii);

// Views the same bytes as text; they must outlive the result.
inline std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Parses a number of decimal digits only, without sign or blanks. Empty for anything else and for
// numbers above 64 bits.
std::optional<std::uint64_t> ParseDigits(std::string_view text);

}  // namespace namesake::base

#endif  // NAMESAKE_BASE_TEXT_H_
