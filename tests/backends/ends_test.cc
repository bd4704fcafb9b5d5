// Workers that hang or are killed from outside: whoever has a deadline gets an answer by it, and
// the next inference is right in any case.
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "backends/suite.h"
#include "support/gate.h"
#include "support/log_lines.h"
#include "worker/processes.h"

namespace namesake::backends {
namespace {

using std::chrono::milliseconds;
using test::Eventually;

class Ends : public Suite {
 protected:
  std::unique_ptr<ExecutionContext> LoadPlain() {
    const auto graph = backend_->Load(*ModelFor(subject(), Purpose::kPlain), {}, Late());
    EXPECT_THAT(graph, IsOk());
    return graph ? NewContext(**graph) : nullptr;
  }
  // So that a test fails instead of hanging.
  static Deadline Late() { return Deadline::After(std::chrono::minutes(1)); }
  Result<void> Compute(ExecutionContext& context, Deadline deadline = Late()) const {
    EXPECT_THAT(context.SetInput(0, F32(sample_.dims, sample_.input)), IsOk());
    return context.Compute(deadline);
  }
  void ExpectRight(ExecutionContext& context) const {
    ASSERT_THAT(Compute(context), IsOk());
    EXPECT_EQ(Floats(context), sample_.output);
  }
  // Returns when no thread of it runs any more.
  static void Stop(pid_t process) {
    EXPECT_TRUE(worker::Signal(process, SIGSTOP));
    EXPECT_TRUE(Eventually([&] { return worker::IsStopped(process); }));
  }
  bool HasEnded(pid_t worker) const {
    return std::ranges::count(worker::WorkersOf(backend_.program()), worker) == 0;
  }

  const test::LogLines log_;
  const Sample sample_ = PlainSample(subject());
  // The worker is soon ended if the inference goes on after its deadline.
  const OwnBackend backend_{subject(), milliseconds(100)};
};

// How many of its threads may run on one processor only.
std::ptrdiff_t ThreadsHeld(pid_t process) {
  std::ptrdiff_t held = 0;
  const auto tasks = std::filesystem::path("/proc") / std::to_string(process) / "task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    cpu_set_t allowed;
    const pid_t thread = std::stoi(task.path().filename());
    if (::sched_getaffinity(thread, sizeof allowed, &allowed) != 0) continue;
    if (CPU_COUNT(&allowed) == 1) ++held;
  }
  return held;
}

// The thread that answers waits where its caller does, and lets nothing that it does take part in
// that: neither the next inference nor the threads of a library. Each inference takes some
// milliseconds.
TEST_P(Ends, AWorkersThreadIsHeldWhileItWaitsAlone) {
  if (subject().name != "fake" || std::thread::hardware_concurrency() == 1) return;
  const auto graph = backend_->Load(fake::NewOnnxModel("io f32 2\ncompute_ms 2"), {}, Late());
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  const auto infer = [&] {
    ASSERT_THAT(context->SetInput(0, F32({2}, {1, 2})), IsOk());
    ASSERT_THAT(context->Compute(Late()), IsOk());
  };
  infer();
  EXPECT_EQ(ThreadsHeld(backend_.Worker()), 0);
  // A slow one is not followed by a hand-over.
  EXPECT_TRUE(Eventually([&] {
    infer();
    return ThreadsHeld(backend_.Worker()) == 1;
  }));
  std::jthread{infer};
  EXPECT_TRUE(Eventually([&] { return ThreadsHeld(backend_.Worker()) == 0; }));
}

// Its keeper would notice that it was stopped and tell the host, so it is stopped too, for as long.
TEST_P(Ends, AHungWorkerIsATimeoutAndThenEnded) {
  const auto context = LoadPlain();
  ExpectRight(*context);
  const pid_t hung = backend_.Worker();
  const auto keepers = worker::KeepersOf(backend_.program());
  for (const pid_t keeper : keepers) Stop(keeper);
  Stop(hung);
  EXPECT_THAT(Compute(*context, Deadline::After(milliseconds(200))),
              Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
  EXPECT_THAT(context->Output(0), Fails(ErrorCode::kInvalidArgument, testing::_));
  EXPECT_TRUE(Eventually([&] { return HasEnded(hung); }));
  for (const pid_t keeper : keepers) worker::Signal(keeper, SIGCONT);
  EXPECT_TRUE(
      Eventually([&] { return log_.Count("went on after its deadline, and was ended") == 1; }));
  ExpectRight(*context);
  EXPECT_NE(backend_.Worker(), hung);
}

TEST_P(Ends, AWorkerThatIsStoppedIsReplaced) {
  const auto context = LoadPlain();
  ExpectRight(*context);
  const pid_t stopped = backend_.Worker();
  ASSERT_TRUE(worker::Signal(stopped, SIGSTOP));
  ExpectRight(*context);
  EXPECT_TRUE(Eventually([&] { return HasEnded(stopped); }));
}

TEST_P(Ends, AWorkerThatIsKilledBetweenInferencesIsReplaced) {
  const auto context = LoadPlain();
  ExpectRight(*context);
  const pid_t killed = backend_.Worker();
  ASSERT_TRUE(worker::Signal(killed, SIGKILL));
  ExpectRight(*context);
  EXPECT_TRUE(Eventually([&] { return HasEnded(killed); }));
  EXPECT_EQ(context->graph().inputs().size(), 1U);
  ExpectRight(*LoadPlain());
}

// Killed once the inference is under way, as far as one can tell from outside: again until the host
// says so.
TEST_P(Ends, AnInferenceWhoseWorkerIsKilledRunsAgain) {
  const auto model = ModelFor(subject(), Purpose::kSlow);
  ASSERT_TRUE(model.has_value());
  const auto graph = backend_->Load(*model, {}, Late());
  ASSERT_THAT(graph, IsOk());
  Dims dims = {16};
  for (const Dim& dim : std::span(*(*graph)->inputs().at(0).shape).subspan(1)) {
    dims.push_back(dim.min);
  }
  const auto context = NewContext(**graph);
  const std::vector<float> values(CountOf(dims), 1.0F / 256);
  ASSERT_THAT(context->SetInput(0, F32(dims, values)), IsOk());
  ASSERT_THAT(context->Compute(Late()), IsOk());
  const auto right = Floats(*context);
  constexpr int kMostTries = 50;
  int tries = 0;
  for (; tries < kMostTries && log_.Count(" while it ran ") == 0; ++tries) {
    const pid_t killed = backend_.Worker();
    const std::jthread killer([killed] {
      std::this_thread::sleep_for(milliseconds(20));
      worker::Signal(killed, SIGKILL);
    });
    ASSERT_THAT(context->Compute(Late()), IsOk());
    EXPECT_EQ(Floats(*context), right);
    EXPECT_TRUE(Eventually([&] { return HasEnded(killed); }));
  }
  EXPECT_LT(tries, kMostTries);
  ASSERT_THAT(context->Compute(Late()), IsOk());
  EXPECT_EQ(Floats(*context), right);
}

std::vector<std::size_t> InWorkers() {
  std::vector<std::size_t> subjects;
  for (std::size_t i = 0; i < Subjects().size(); ++i) {
    if (Subjects()[i].program) subjects.push_back(i);
  }
  return subjects;
}

INSTANTIATE_TEST_SUITE_P(All, Ends, testing::ValuesIn(InWorkers()), NameOf);
// There are none under sanitizers.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Ends);

}  // namespace
}  // namespace namesake::backends
