#include "base/nearest.h"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

namespace namesake {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"max_models", "max_loads", "load", "as"};

TEST(Nearest, IsTheOneWithTheFewestSlips) {
  EXPECT_EQ(Nearest("max_modles", kKeys), "max_models");  // A swap,
  EXPECT_EQ(Nearest("max_loasd", kKeys), "max_loads");
  EXPECT_EQ(Nearest("max_model", kKeys), "max_models");  // a missing,
  EXPECT_EQ(Nearest("loaad", kKeys), "load");            // a doubled,
  EXPECT_EQ(Nearest("loud", kKeys), "load");             // and a wrong character.
}

TEST(Nearest, IsNoneWhenHardlyACharacterIsLeft) {
  EXPECT_EQ(Nearest("computes", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("is", kKeys), "as");
  EXPECT_EQ(Nearest("x", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("", kKeys), std::nullopt);
  EXPECT_EQ(Nearest(std::string(100, 'm'), kKeys), std::nullopt);
}

TEST(Suggestion, ListsWhatThereIsWhenNothingIsNear) {
  EXPECT_EQ(Suggestion("laod", kKeys), "; did you mean \"load\"?");
  EXPECT_EQ(Suggestion("target", kKeys), "; expected one of: max_models, max_loads, load, as");
  EXPECT_EQ(Suggestion("target", {}), "");
  EXPECT_EQ(Suggestion("target", std::vector<std::string_view>(17, "other")), "");
}

}  // namespace
}  // namespace namesake
