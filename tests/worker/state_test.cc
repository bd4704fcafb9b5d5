// A graph that keeps state between inferences, when its worker ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "support/installed.h"
#include "worker/hostile.h"

namespace namesake::worker {
namespace {

using test::Fails;
using test::IsOk;

class StateInAWorker : public Hostile {};

Result<float> Count(ExecutionContext& context) {
  const float one = 1;
  const std::array<std::uint64_t, 1> dims = {1};
  const TensorView input = {.dims = dims, .data = std::as_bytes(std::span(&one, 1))};
  if (auto set = context.SetInput(0, input); !set) return std::unexpected(set.error());
  if (auto computed = context.Compute(Deadline::After(std::chrono::seconds(30))); !computed) {
    return std::unexpected(computed.error());
  }
  const auto output = context.Output(0);
  if (!output) return std::unexpected(output.error());
  float counted = 0;
  std::memcpy(&counted, output->data.data(), sizeof counted);
  return counted;
}

TEST_F(StateInAWorker, IsReportedLostOnceAndStartsAnew) {
  BackendProgram installed = test::InstalledProgram("openvino");
  const auto program = ProgramPath("openvino");
  std::filesystem::create_symlink(installed.path, program);
  installed.path = program;
  const auto backend = NewWorkerBackend(std::move(installed));
  const auto model = std::filesystem::path(NAMESAKE_SOURCE_DIR) / "tests/data/models/counter.xml";
  const auto graph =
      backend->Load({.encoding = Encoding::kOpenVino, .source = ModelFiles{.paths = {model}}},
                    load_options_, Deadline::Never());
  ASSERT_THAT(graph, IsOk());
  EXPECT_TRUE((*graph)->keeps_state());
  const auto context = NewContext(**graph);
  EXPECT_EQ(Count(*context), Result<float>(2));
  EXPECT_EQ(Count(*context), Result<float>(3));
  for (const pid_t worker : WorkersOf(program)) Signal(worker, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended by signal 9 (Killed)") == 1; }));
  EXPECT_THAT(Count(*context),
              Fails(ErrorCode::kRuntimeError,
                    "the state that this context kept was lost with its worker; the next inference "
                    "starts anew"));
  EXPECT_EQ(Count(*context), Result<float>(2));
  EXPECT_EQ(Count(*context), Result<float>(3));
}

}  // namespace
}  // namespace namesake::worker
