// Workers of a real backend's program.
#include "namesake/worker.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "namesake/account.h"
#include "namesake/backend.h"
#include "support/installed.h"
#include "worker/hostile.h"

namespace namesake::worker {
namespace {

namespace fs = std::filesystem;
using test::IsOk;
using testing::HasSubstr;
using testing::SizeIs;

// The line of /proc/PID/limits on private memory.
std::string DataLimit(pid_t process) {
  std::ifstream limits(fmt::format("/proc/{}/limits", process));
  std::string line;
  while (std::getline(limits, line)) {
    if (line.starts_with("Max data size")) return line;
  }
  return "";
}

class RealWorker : public Hostile {
 protected:
  void SetUp() override {
    Hostile::SetUp();
    // By a path of its own, to tell its processes from those of other tests.
    BackendProgram program = test::InstalledProgram(known_->name());
    fs::create_symlink(program.path, program_);
    program.path = program_;
    program.workers.spare = false;
    backend_ = NewWorkerBackend(std::move(program));
  }
  void TearDown() override {
    backend_ = nullptr;
    Hostile::TearDown();
  }

  const std::unique_ptr<Backend> known_ =
      std::move(InstalledBackends(test::InstalledPrograms()).front());
  const fs::path program_ = dir_.path() / "backend";
  std::unique_ptr<Backend> backend_;
};

TEST_F(RealWorker, ComputesWhatTheModelSays) {
  const auto graph = Load(*backend_);
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  const std::array<float, 6> values = {1, -2, 3.5, 0, 5, 6};
  const std::array<std::uint64_t, 2> dims = {2, 3};
  const auto bytes = std::as_bytes(std::span(values));
  ASSERT_THAT(context->SetInput(0, {.dims = dims, .data = bytes}), IsOk());
  ASSERT_THAT(context->Compute(Deadline::Never()), IsOk());
  const auto output = context->Output(0);
  ASSERT_THAT(output, IsOk());
  EXPECT_TRUE(std::ranges::equal(output->data, bytes));
  EXPECT_THAT(WorkersOf(program_), SizeIs(1));
}

TEST_F(RealWorker, ThatWasStartedAheadHasTheLimitsOfItsUser) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 30;
  AccountLimits limits;
  limits.total(Resource::kWorkerMemory) = kLimit;
  const auto account = Account::Make("acme", limits);
  backend_->StartAhead();
  const auto workers = AwaitWorkers(program_, 1);
  ASSERT_THAT(workers, SizeIs(1));
  EXPECT_THAT(DataLimit(workers.front()), HasSubstr("unlimited"));
  EXPECT_EQ(account->used(Resource::kWorkerMemory), 0U);
  load_options_.user = User::Make("acme", account);
  {
    const auto graph = Load(*backend_);
    ASSERT_THAT(graph, IsOk());
    EXPECT_EQ(WorkersOf(program_), workers);
    EXPECT_THAT(DataLimit(workers.front()), HasSubstr(fmt::to_string(kLimit + (256U << 20))));
    EXPECT_TRUE(Eventually([&] { return account->used(Resource::kWorkerMemory) > 0; }));
  }
}

TEST_F(RealWorker, WarmsAModelUpAtItsLoad) {
  const fs::path photo = fs::path(NAMESAKE_SOURCE_DIR) / "examples/models/efficientnet-lite0.onnx";
  const Model model = {
      .encoding = Encoding::kOnnx, .source = ModelFiles{.paths = {photo}}, .warm_up = true};
  ASSERT_THAT(backend_->Load(model, load_options_, Deadline::Never()), IsOk());
  EXPECT_TRUE(Eventually([&] { return log_.Count("was warmed up") == 1; }));
}

}  // namespace
}  // namespace namesake::worker
