// Parses a configuration from text, and lists its problems as text.
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

// Returns the problems of the file "acme.toml"; empty for a valid configuration.
inline Texts ProblemsOf(std::string_view text, const Texts& overrides = {}) {
  const auto config = ParseConfig(text, "acme.toml", overrides);
  return config ? Texts{} : TextsOf(config.error());
}

// Returns the configuration, which must be valid; otherwise the test fails and shows its problems.
inline Config Parse(std::string_view text, const Texts& overrides = {},
                    const std::filesystem::path& file = "acme.toml") {
  auto config = ParseConfig(text, file, overrides);
  EXPECT_TRUE(config.has_value()) << ::testing::PrintToString(config ? Texts{}
                                                                     : TextsOf(config.error()));
  return config ? *std::move(config) : Config{};
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_CONFIG_SUPPORT_H_
