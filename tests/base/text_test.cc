#include "base/text.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace namesake {
namespace {

using std::string_literals::operator""s;

TEST(Text, Utf8IsWellFormedByTheStandard) {
  for (const std::string& good : {""s, "plain"s, "\x7f"s, "é"s, "€"s, "😀"s, "\xed\x9f\xbf"s,
                                  "\xee\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "a\0b"s}) {
    EXPECT_TRUE(base::IsUtf8(good)) << base::Printable(good);
  }
}

TEST(Text, WhatIsNotUtf8IsRefused) {
  for (const std::string& bad : {
           "\x80"s,              // a lone continuation byte
           "\xc3"s,              // cut off
           "\xe2\x82"s,          // cut off
           "\xf0\x9f\x98"s,      // cut off
           "\xc3(\xc3"s,         // no continuation
           "\xc0\xaf"s,          // overlong "/"
           "\xc1\xbf"s,          // overlong
           "\xe0\x80\xaf"s,      // overlong
           "\xf0\x80\x80\xaf"s,  // overlong
           "\xed\xa0\x80"s,      // a surrogate
           "\xed\xbf\xbf"s,      // a surrogate
           "\xf4\x90\x80\x80"s,  // above U+10FFFF
           "\xf8\x88\x80\x80\x80"s,
           "\xff"s,
           "good\xff"s,
       }) {
    EXPECT_FALSE(base::IsUtf8(bad)) << base::Printable(bad);
  }
}

TEST(Text, ControlCharactersAreC0AndC1AndDelete) {
  for (const std::string& control : {"\0"s, "a\nb"s, "\x1b"s, "\x7f"s, "\xc2\x80"s, "\xc2\x9f"s}) {
    EXPECT_TRUE(base::HasControlCharacter(control)) << base::Printable(control);
  }
  for (const std::string& plain : {""s, "a b"s, "é"s, "\xc2\xa0"s, "😀"s}) {
    EXPECT_FALSE(base::HasControlCharacter(plain)) << plain;
  }
}

TEST(Text, SizesHaveBinaryUnits) {
  EXPECT_EQ(base::SizeText(0), "0 bytes");
  EXPECT_EQ(base::SizeText(1), "1 byte");
  EXPECT_EQ(base::SizeText(1023), "1023 bytes");
  EXPECT_EQ(base::SizeText(1024), "1.0 KiB");
  EXPECT_EQ(base::SizeText(9297099), "8.9 MiB");
  EXPECT_EQ(base::SizeText(3ULL << 30), "3.0 GiB");
  EXPECT_EQ(base::SizeText(UINT64_MAX), "16777216.0 TiB");
}

TEST(Text, PrintableEscapesWhatATerminalWouldObey) {
  EXPECT_EQ(base::Printable("a\x1b[31m\nb"), "a\\x1b[31m\\x0ab");
  EXPECT_EQ(base::Printable("\xff\xc2\x9bé"), "\\xff\\xc2\\x9bé");
}

TEST(Text, AVisibleLineHasNothingThatATerminalObeysOrHides) {
  for (const std::string& plain : {""s, "plain ~ text"s, "é € 😀"s, "\xc2\xa0"s, "输入 image/α:0"s,
                                   "a\\x1bb"s, "\xe2\x81\x9f"s, "\xe2\x81\xb0"s, "\xe2\x80\x90"s,
                                   "\xe2\x80\xa7"s, "\xe2\x80\xaf"s, "\xf3\xa0\x82\x80"s}) {
    EXPECT_EQ(base::VisibleLine(plain), plain);
    EXPECT_EQ(base::Visible(plain), plain);
  }
  const std::vector<std::pair<std::string, std::string>> escaped = {
      {"\0"s, "\\x00"},
      {"a\tb\rc", "a\\x09b\\x0dc"},
      {"\x1b[2J\x1b]0;owned\a", "\\x1b[2J\\x1b]0;owned\\x07"},
      {"\x1f\x7f", "\\x1f\\x7f"},
      // C1 controls, which some terminals treat like ESC and a letter.
      {"\xc2\x80\xc2\x9b"
       "2J\xc2\x9f",
       "\\xc2\\x80\\xc2\\x9b2J\\xc2\\x9f"},
      // Not UTF-8: lone continuation bytes, overlong forms, truncated sequences, surrogates.
      {"\x9b"
       "2J",
       "\\x9b2J"},
      {"\xc0\x9b", "\\xc0\\x9b"},
      {"a\xe2\x82", "a\\xe2\\x82"},
      {"\xf0\x9f\x98z", "\\xf0\\x9f\\x98z"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
      // Zero-width and reordering characters: the first and the last of each range.
      {"\xd8\x9c", "\\xd8\\x9c"},
      {"\xe2\x80\x8b|\xe2\x80\x8f", "\\xe2\\x80\\x8b|\\xe2\\x80\\x8f"},
      {"\xe2\x80\xa8|\xe2\x80\xa9", "\\xe2\\x80\\xa8|\\xe2\\x80\\xa9"},
      {"\xe2\x80\xaa|\xe2\x80\xae", "\\xe2\\x80\\xaa|\\xe2\\x80\\xae"},
      {"\xe2\x81\xa0|\xe2\x81\xaf", "\\xe2\\x81\\xa0|\\xe2\\x81\\xaf"},
      {"\xef\xbb\xbfx", "\\xef\\xbb\\xbfx"},
      {"\xef\xbf\xb9|\xef\xbf\xbb", "\\xef\\xbf\\xb9|\\xef\\xbf\\xbb"},
      {"\xf3\xa0\x80\x80|\xf3\xa0\x81\xbf", "\\xf3\\xa0\\x80\\x80|\\xf3\\xa0\\x81\\xbf"}};
  for (const auto& [bytes, text] : escaped) {
    EXPECT_EQ(base::VisibleLine(bytes), text);
    EXPECT_EQ(base::Visible(bytes), text);
    EXPECT_EQ(base::VisibleLine(text), text);
  }
}

TEST(Text, AVisibleLineIsOne) {
  EXPECT_EQ(base::VisibleLine("a\nnamesake: error: b\n"), "a\\x0anamesake: error: b\\x0a");
}

TEST(Text, NoLineOfAVisibleTextBeginsAsTheHostsDo) {
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"a\nnamesake: error: b", "a\n    namesake: error: b"},
      {"a\r\nb\rc", "a\\x0d\n    b\\x0dc"},
      {"\nb", "\n    b"},
      {"a\n", "a\n"},
      {"a\n\nb\n\n", "a\n\n    b\n\n"},
      {"a\n  0: f\xff", "a\n      0: f\\xff"},
      // Unicode's line separator does not end a line here.
      {"a\xe2\x80\xa8"
       "b\xc2\x85"
       "c",
       "a\\xe2\\x80\\xa8b\\xc2\\x85c"}};
  for (const auto& [bytes, text] : texts) EXPECT_EQ(base::Visible(bytes), text);
}

TEST(Text, LowerCaseIsAsciiOnly) { EXPECT_EQ(base::ToLower("OpenVINO É"), "openvino É"); }

TEST(Text, DigitsAloneUpTo64BitsAreANumber) {
  EXPECT_EQ(base::ParseDigits("0"), 0U);
  EXPECT_EQ(base::ParseDigits("007"), 7U);
  EXPECT_EQ(base::ParseDigits("18446744073709551615"), 18'446'744'073'709'551'615U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "18446744073709551616"}) {
    EXPECT_EQ(base::ParseDigits(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace namesake
