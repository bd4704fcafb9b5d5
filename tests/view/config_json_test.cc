// Backend options as a guest passes them, in JSON.
#include "view/config_json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;

BackendOptions Parsed(std::string_view json) { return view::ParseConfigJson(json).value(); }

TEST(ConfigJson, TakesStringsNumbersAndBooleans) {
  EXPECT_EQ(Parsed(""), BackendOptions());
  EXPECT_EQ(Parsed("{}"), BackendOptions());
  EXPECT_EQ(
      Parsed(R"( {"a": "text", "b": 3, "c": -4, "d": 1.50, "e": true, "f": false} )"),
      (BackendOptions{
          {"a", "text"}, {"b", "3"}, {"c", "-4"}, {"d", "1.5"}, {"e", "true"}, {"f", "false"}}));
  EXPECT_EQ(Parsed(R"({"\u00fc": "\"\\\n"})"), (BackendOptions{{"ü", "\"\\\n"}}));
}

TEST(ConfigJson, OfAKeyThatIsThereTwiceTheLastCounts) {
  EXPECT_EQ(Parsed(R"({"a": [], "a": 1, "b": 2, "b": 3})"),
            (BackendOptions{{"a", "1"}, {"b", "3"}}));
}

TEST(ConfigJson, RefusesOtherValuesAndNamesTheFirstKey) {
  for (const std::string_view value : {"null", "[]", "{}", "[1, [2]]", R"({"b": {"a": 1}})"}) {
    EXPECT_THAT(view::ParseConfigJson(fmt::format(R"({{"b": {0}, "a\n": {0}, "c": 1}})", value)),
                Fails(ErrorCode::kInvalidArgument,
                      "the configuration's \"a\\x0a\" is not a string, a number or a boolean"))
        << value;
  }
}

TEST(ConfigJson, RefusesWhatIsNoObject) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view json :
       {" "sv, "1"sv, "\"a\""sv, "null"sv, "true"sv, "1.5"sv, "[]"sv, "[{\"a\": 1}]"sv, "{"sv,
        "{\"a\"}"sv, "{\"a\": 1,}"sv, "{} {}"sv, "{\"a\": 1}x"sv, "{\"a\": 1e999}"sv,
        "{\"a\": \"\xff\"}"sv, "{\"a\": 1}\0"sv, "{\"a\": \"\0\"}"sv}) {
    EXPECT_THAT(view::ParseConfigJson(json),
                Fails(ErrorCode::kInvalidArgument,
                      "the configuration is not a JSON object like {\"key\": \"value\"}"))
        << json;
  }
}

}  // namespace
}  // namespace namesake
