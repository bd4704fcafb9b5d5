// A scenario of tests/abi/scenarios: what a guest does and is answered, over every interface.
//
//   # TEXT              a comment
//   @ SETTING VALUE     see GuestSettings; besides "abis ABI…", those that it is for, and
//                       "keeps", where the guest ends with something open
//   > COMMAND           of the probe
//   TEXT                a line that the command prints, in all interfaces
//   ABI…: TEXT          a line that it prints there in place of those: "witx", "2024-10-28"
//
// Errors stand as wasi:nn has them, with the host's words, which all its versions have alike. What
// the witx has for their codes is in one table in scenario.cc.
#ifndef NAMESAKE_TESTS_ABI_SCENARIO_H_
#define NAMESAKE_TESTS_ABI_SCENARIO_H_

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "abi/guest_file.h"

namespace namesake::test {

struct ScenarioStep {
  int line_number = 0;
  std::string command;
  std::vector<std::string> expected;
  // In place of `expected`.
  std::map<std::string, std::vector<std::string>, std::less<>> expected_of;
};

struct Scenario {
  std::string name;
  GuestSettings settings;
  std::vector<std::string> abis;
  // Whether all that the guest opened is closed when it ends.
  bool closes_all = true;
  std::vector<ScenarioStep> steps;

  std::vector<std::string> Commands() const;
};

// In the order of their names. Throws std::runtime_error for a file that is no scenario.
std::vector<Scenario> ReadScenarios(const std::filesystem::path& folder);

// What the guest prints, each line with where it is expected.
std::vector<ExpectedLine> ExpectedLines(const Scenario& scenario, std::string_view abi);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_SCENARIO_H_
