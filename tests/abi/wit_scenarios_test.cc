// Runs every scenario of tests/abi/scenarios over the witx and the versions of wasi:nn: a guest
// must get the same answers whichever interface it was built for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "abi/abi_host.h"
#include "abi/guest_file.h"
#include "abi/probe_guest.h"
#include "abi/scenario.h"

namespace namesake::test {
namespace {

constexpr Resource kOfComponents[] = {Resource::kTensors, Resource::kTensorBytes, Resource::kGraphs,
                                      Resource::kContexts};

class ScenarioTest : public ::testing::Test {
 public:
  ScenarioTest(const Scenario& scenario, std::string abi, Isolation isolation)
      : scenario_(scenario),
        abi_(std::move(abi)),
        host_(scenario.settings.max_guest_models, isolation) {}

  void TestBody() override {
    auto view =
        host_.NewView(scenario_.settings.tenant, ModelDirectories(scenario_.settings.directories));
    const std::shared_ptr<const Account> account = view->account().shared_from_this();
    const ProbeRun run = RunProbe(abi_, *view, scenario_.Commands());
    EXPECT_EQ(run.end, scenario_.settings.end) << run.backtrace;
    ExpectLines(scenario_.name + ".txt", ExpectedLines(scenario_, abi_), run.lines);
    if (scenario_.closes_all) {
      for (const Resource resource : kOfComponents) {
        EXPECT_EQ(account->used(resource), 0U) << LimitName(resource) << " of a guest that ended";
      }
    }
    view.reset();
    host_.ExpectNothingLeft(*account);
    host_.ExpectServes();
  }

 private:
  const Scenario& scenario_;
  const std::string abi_;
  AbiHost host_;
};

void RegisterScenarios(const std::string& suite, Isolation isolation) {
  static const std::vector<Scenario> scenarios =
      ReadScenarios(NAMESAKE_SOURCE_DIR "/tests/abi/scenarios");
  for (const Scenario& scenario : scenarios) {
    if (isolation == Isolation::kTenant && scenario.settings.only_in_process) continue;
    for (const std::string& abi : scenario.abis) {
      // In a test filter, "-" starts the list of tests to leave out.
      std::string name = abi;
      std::ranges::replace(name, '-', '_');
      ::testing::RegisterTest(
          (suite + "/" + scenario.name).c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
          [&scenario, abi, isolation] { return new ScenarioTest(scenario, abi, isolation); });
    }
  }
}

const bool kRegistered = [] {
  RegisterScenarios("Scenario", Isolation::kProcess);
#ifdef NAMESAKE_FAKE_PROGRAM
  RegisterScenarios("ScenarioInWorkers", Isolation::kTenant);
#endif
  return true;
}();

}  // namespace
}  // namespace namesake::test
