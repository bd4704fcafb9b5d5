#include "base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace namesake {
namespace {

using std::string_literals::operator""s;

TEST(Text, Utf8IsWellFormedByTheStandard) {
  for (const std::string& good : {""s, "plain"s, "\x7f"s, "é"s, "€"s, "😀"s, "\xed\x9f\xbf"s,
                                  "\xee\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "a\0b"s}) {
    EXPECT_TRUE(IsUtf8(good)) << Printable(good);
  }
}

TEST(Text, WhatIsNotUtf8IsRefused) {
  for (const std::string& bad : {
           "\x80"s,              // a continuation alone
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
    EXPECT_FALSE(IsUtf8(bad)) << Printable(bad);
  }
}

TEST(Text, ControlCharactersAreC0AndC1AndDelete) {
  for (const std::string& control : {"\0"s, "a\nb"s, "\x1b"s, "\x7f"s, "\xc2\x80"s, "\xc2\x9f"s}) {
    EXPECT_TRUE(HasControlCharacter(control)) << Printable(control);
  }
  for (const std::string& plain : {""s, "a b"s, "é"s, "\xc2\xa0"s, "😀"s}) {
    EXPECT_FALSE(HasControlCharacter(plain)) << plain;
  }
}

TEST(Text, SizesHaveBinaryUnits) {
  EXPECT_EQ(SizeText(0), "0 bytes");
  EXPECT_EQ(SizeText(1), "1 byte");
  EXPECT_EQ(SizeText(1023), "1023 bytes");
  EXPECT_EQ(SizeText(1024), "1.0 KiB");
  EXPECT_EQ(SizeText(9297099), "8.9 MiB");
  EXPECT_EQ(SizeText(3ULL << 30), "3.0 GiB");
  EXPECT_EQ(SizeText(UINT64_MAX), "16777216.0 TiB");
}

TEST(Text, PrintableEscapesWhatATerminalWouldObey) {
  EXPECT_EQ(Printable("a\x1b[31m\nb"), "a\\x1b[31m\\x0ab");
  EXPECT_EQ(Printable("\xff\xc2\x9bé"), "\\xff\\xc2\\x9bé");
}

TEST(Text, LowerCaseIsAsciiOnly) { EXPECT_EQ(ToLower("OpenVINO É"), "openvino É"); }

}  // namespace
}  // namespace namesake
