// A scenario of tests/abi/scenarios: what a guest does and which answers it gets, over every
// interface.
//
//   # TEXT              a comment
//   @ SETTING VALUE     see GuestSettings; also "abis ABI…", the interfaces it applies to, and
//                       "keeps" if the guest ends with something open
//   > COMMAND           a command of the probe
//   TEXT                a line that the command prints, in all interfaces
//   ABI…: TEXT          a line that it prints there instead: "witx", "2024-10-28"
//
// Errors are written as in wasi:nn, with the host's text, which is the same in all versions. A
// table in scenario.cc maps their codes to the witx.
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
  // Lines that replace those of `expected`.
  std::map<std::string, std::vector<std::string>, std::less<>> expected_of;
};

struct Scenario {
  std::string name;
  GuestSettings settings;
  std::vector<std::string> abis;
  // Whether the guest closes everything that it opened before it ends.
  bool closes_all = true;
  std::vector<ScenarioStep> steps;

  std::vector<std::string> Commands() const;
};

// Sorted by name. Throws std::runtime_error for a malformed file.
std::vector<Scenario> ReadScenarios(const std::filesystem::path& folder);

// The lines that the guest must print, each with its place in the file.
std::vector<ExpectedLine> ExpectedLines(const Scenario& scenario, std::string_view abi);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_SCENARIO_H_
