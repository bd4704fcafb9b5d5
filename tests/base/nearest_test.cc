#include "base/nearest.h"

#include <gmock/gmock.h>

#include <array>
#include <string>
#include <vector>

namespace namesake {
namespace {

constexpr std::array<std::string_view, 4> kKeys = {"max_models", "max_loads", "load", "as"};

TEST(Nearest, IsTheOneWithTheFewestSlips) {
  EXPECT_EQ(base::Nearest("max_modles", kKeys), "max_models");  // A swap,
  EXPECT_EQ(base::Nearest("max_loasd", kKeys), "max_loads");
  EXPECT_EQ(base::Nearest("max_model", kKeys), "max_models");  // a missing,
  EXPECT_EQ(base::Nearest("loaad", kKeys), "load");            // a doubled,
  EXPECT_EQ(base::Nearest("loud", kKeys), "load");             // and a wrong character.
}

TEST(Nearest, IsNoneWhenHardlyACharacterIsLeft) {
  EXPECT_EQ(base::Nearest("computes", kKeys), std::nullopt);
  EXPECT_EQ(base::Nearest("is", kKeys), "as");
  EXPECT_EQ(base::Nearest("x", kKeys), std::nullopt);
  EXPECT_EQ(base::Nearest("", kKeys), std::nullopt);
  EXPECT_EQ(base::Nearest(std::string(100, 'm'), kKeys), std::nullopt);
}

TEST(Suggestion, ListsWhatThereIsWhenNothingIsNear) {
  EXPECT_EQ(base::Suggestion("laod", kKeys), "; did you mean \"load\"?");
  EXPECT_EQ(base::Suggestion("target", kKeys),
            "; expected one of: max_models, max_loads, load, as");
  EXPECT_EQ(base::Suggestion("target", {}), "");
  EXPECT_EQ(base::Suggestion("target", std::vector<std::string_view>(17, "other")), "");
}

}  // namespace
}  // namespace namesake
