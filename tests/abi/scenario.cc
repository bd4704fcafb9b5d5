#include "abi/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "abi/probe_guest.h"

namespace namesake::test {
namespace {

struct CodePair {
  std::string_view wit;
  std::string_view witx;
};

// The codes of wasi:nn that differ in the witx, which has no texts.
constexpr auto kWitxCodes = std::to_array<CodePair>({
    {.wit = "timeout", .witx = "runtime-error"},
    {.wit = "security", .witx = "unsupported-operation"},
    {.wit = "unknown", .witx = "runtime-error"},
});
// wasi:nn has no code for busy, so the text starts with it.
constexpr std::string_view kBusy = "runtime-error: busy: ";

std::string AsWitx(const std::string& line) {
  constexpr std::string_view kError = "error ";
  if (!line.starts_with(kError)) return line;
  const std::string_view error = std::string_view(line).substr(kError.size());
  std::string_view code = error.substr(0, error.find(':'));
  for (const CodePair& pair : kWitxCodes) {
    if (code == pair.wit) code = pair.witx;
  }
  if (error.starts_with(kBusy)) code = "busy";
  // What `repeat` appends to the text.
  const auto times = error.rfind(" (");
  const bool repeated = times != error.npos && error.ends_with(" times)");
  return fmt::format("{}{}{}", kError, code, repeated ? error.substr(times) : "");
}

// Splits "witx 2024-06-25: TEXT" into the interfaces and the text; no interfaces for a line that
// applies to all.
std::pair<std::vector<std::string>, std::string> SplitAbis(const std::string& line) {
  const auto colon = line.find(": ");
  if (colon == line.npos) return {{}, line};
  std::istringstream words(line.substr(0, colon));
  std::vector<std::string> abis;
  for (std::string word; words >> word;) {
    if (std::ranges::find(Abis(), word) == Abis().end()) return {{}, line};
    abis.push_back(word);
  }
  return {abis, line.substr(colon + 2)};
}

void ReadSetting(const std::string& setting, Scenario& scenario) {
  std::istringstream words(setting);
  std::string key;
  words >> key;
  if (key == "keeps") {
    scenario.closes_all = false;
  } else if (key == "abis") {
    scenario.abis.clear();
    for (std::string abi; words >> abi;) scenario.abis.push_back(abi);
  } else {
    ApplySetting(setting, scenario.settings);
  }
}

void ReadLine(const std::string& line, int line_number, Scenario& scenario) {
  if (line.empty() || line.starts_with('#')) return;
  if (line.starts_with("@ ")) return ReadSetting(line.substr(2), scenario);
  if (line.starts_with("> ")) {
    scenario.steps.push_back(
        {.line_number = line_number, .command = line.substr(2), .expected = {}, .expected_of = {}});
    return;
  }
  if (scenario.steps.empty()) throw std::runtime_error("a line before any command: " + line);
  ScenarioStep& step = scenario.steps.back();
  auto [abis, text] = SplitAbis(line);
  if (abis.empty()) step.expected.push_back(text);
  for (const std::string& abi : abis) step.expected_of[abi].push_back(text);
}

Scenario ReadScenario(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path.string());
  Scenario scenario{.name = path.stem().string(),
                    .settings = {},
                    .abis = {Abis().begin(), Abis().end()},
                    .steps = {}};
  int line_number = 0;
  for (std::string line; std::getline(file, line);) ReadLine(line, ++line_number, scenario);
  if (scenario.steps.empty()) throw std::runtime_error(path.string() + " has no command");
  return scenario;
}

}  // namespace

std::vector<std::string> Scenario::Commands() const {
  std::vector<std::string> commands;
  for (const ScenarioStep& step : steps) commands.push_back(step.command);
  return commands;
}

std::vector<Scenario> ReadScenarios(const std::filesystem::path& folder) {
  std::vector<Scenario> scenarios;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    scenarios.push_back(ReadScenario(entry.path()));
  }
  std::ranges::sort(scenarios, {}, &Scenario::name);
  return scenarios;
}

std::vector<ExpectedLine> ExpectedLines(const Scenario& scenario, std::string_view abi) {
  std::vector<ExpectedLine> lines;
  for (const ScenarioStep& step : scenario.steps) {
    const auto own = step.expected_of.find(abi);
    const bool has_own = own != step.expected_of.end();
    for (const std::string& line : has_own ? own->second : step.expected) {
      lines.push_back({.line_number = step.line_number,
                       .text = !has_own && abi == kWitx ? AsWitx(line) : line});
    }
  }
  return lines;
}

}  // namespace namesake::test
