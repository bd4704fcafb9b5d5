// A configuration as text, and what is wrong with it as text.
#ifndef NAMESAKE_TESTS_CONFIG_SUPPORT_H_
#define NAMESAKE_TESTS_CONFIG_SUPPORT_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/config.h"

namespace namesake::test {

using Texts = std::vector<std::string>;

inline Texts TextsOf(const std::vector<ConfigProblem>& problems) {
  Texts texts;
  for (const ConfigProblem& problem : problems) texts.push_back(ConfigProblemText(problem));
  return texts;
}

// Empty for a configuration that is right. The file is "acme.toml".
inline Texts ProblemsOf(std::string_view text, const Texts& overrides = {}) {
  const auto config = ParseConfig(text, "acme.toml", overrides);
  return config ? Texts{} : TextsOf(config.error());
}

// The configuration, which must be right. Without one the test fails with its problems.
inline Config Parse(std::string_view text, const Texts& overrides = {},
                    const std::filesystem::path& file = "acme.toml") {
  auto config = ParseConfig(text, file, overrides);
  EXPECT_TRUE(config.has_value()) << ::testing::PrintToString(config ? Texts{}
                                                                     : TextsOf(config.error()));
  return config ? *std::move(config) : Config{};
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_CONFIG_SUPPORT_H_
