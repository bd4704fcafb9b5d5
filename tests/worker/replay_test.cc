// What becomes of those who had nothing to do with the end of their worker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <span>
#include <vector>

#include "worker/hostile.h"

namespace namesake::worker {
namespace {

using std::chrono::milliseconds;
using test::Fails;
using test::IsOk;
using testing::HasSubstr;

class Replay : public Hostile {
 protected:
  // Until it is opened, models that wait for it go on.
  std::string gate() const { return (dir_.path() / "gate").string(); }
  void Open() const { std::ofstream(gate()).put('1'); }
  void Close() const { std::filesystem::remove(gate()); }

  std::shared_ptr<const Graph> MustLoad(Backend& backend, BackendOptions options) {
    const auto graph = Load(backend, std::move(options));
    EXPECT_THAT(graph, IsOk());
    return graph.value_or(nullptr);
  }
  std::shared_ptr<const Graph> Waiting(Backend& backend, BackendOptions more = {}) {
    more["wait"] = gate();
    return MustLoad(backend, std::move(more));
  }
  // Waits until that many calls wait for the gate.
  void AwaitWaiting(int count) {
    ASSERT_TRUE(Eventually([&] { return log_.Count("is waiting") == count; }));
  }
  // Runs one inference on its own thread; its output must be its input.
  std::future<Result<void>> Begin(const Graph& graph, Deadline deadline = Deadline::Never()) {
    return std::async(std::launch::async, [this, &graph, deadline] {
      const auto context = NewContext(graph);
      auto computed = Compute(*context, deadline);
      if (computed) ExpectRight(*context);
      return computed;
    });
  }
  static void ExpectRight(ExecutionContext& context) {
    const auto output = context.Output(0);
    ASSERT_THAT(output, IsOk());
    constexpr std::array<float, 4> kRight = {1, 2, 3, 4};
    EXPECT_TRUE(std::ranges::equal(output->data, std::as_bytes(std::span(kRight))));
  }
  std::vector<pid_t> Workers() const { return WorkersOf(ProgramPath()); }
  void KillWorkers() const {
    for (const pid_t worker : Workers()) Signal(worker, SIGKILL);
  }
};

TEST_F(Replay, AllThatWereUnderWayRunAgain) {
  const auto backend = Program();
  const auto graph = Waiting(*backend);
  std::vector<std::future<Result<void>>> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(Begin(*graph));
  AwaitWaiting(8);
  KillWorkers();
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended by signal 9 (Killed)") == 1; }));
  Open();
  for (auto& call : calls) EXPECT_THAT(call.get(), IsOk());
  // It is nobody's fault.
  EXPECT_THAT(Compute(*NewContext(*graph)), IsOk());
}

TEST_F(Replay, OnlyTheOneWhoseInferenceEndsAWorkerAgainFails) {
  const auto backend = Program();
  const auto innocent = Waiting(*backend);
  const auto guilty = MustLoad(*backend, {{"compute", "crash"}});
  std::vector<std::future<Result<void>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(Begin(*innocent));
  AwaitWaiting(4);
  auto crash = Begin(*guilty);
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended by signal 11") == 1; }));
  Open();
  EXPECT_THAT(crash.get(), Fails(ErrorCode::kRuntimeError,
                                 "the worker that ran the model ended by signal 11 "
                                 "(Segmentation fault)"));
  for (auto& call : calls) EXPECT_THAT(call.get(), IsOk());
}

// Each end counts once, however many callers it had.
TEST_F(Replay, WhatRanAtTheSameTimeCountsOnce) {
  const auto backend = Program();
  const auto graph = Waiting(*backend, {{"compute", "exit"}});
  std::vector<std::future<Result<void>>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(Begin(*graph));
  AwaitWaiting(4);
  Open();
  for (auto& call : calls) {
    EXPECT_THAT(call.get(), Fails(ErrorCode::kRuntimeError, HasSubstr("exit status 3")));
  }
  // It may run again at once.
  EXPECT_THAT(Compute(*NewContext(*graph)),
              Fails(ErrorCode::kRuntimeError, HasSubstr("exit status 3")));
}

// The cause is known, so nobody else is suspected, and none runs alone.
TEST_F(Replay, AnOverrunOfAnothersIsNobodyElsesFault) {
  const auto backend = Program();
  const auto innocent = Waiting(*backend);
  const auto silent = MustLoad(*backend, {{"compute", "silent"}});
  auto call = Begin(*innocent);
  AwaitWaiting(1);
  const auto context = NewContext(*silent);
  EXPECT_THAT(Compute(*context, Deadline::After(milliseconds(100))),
              Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
  AwaitWaiting(2);
  EXPECT_EQ(Workers().size(), 1U);
  Open();
  EXPECT_THAT(call.get(), IsOk());
  EXPECT_EQ(Workers().size(), 1U);
}

TEST_F(Replay, ADeadlineHoldsForBothRunsTogether) {
  const auto backend = Program();
  const auto graph = Waiting(*backend);
  auto call = Begin(*graph, Deadline::After(milliseconds(800)));
  AwaitWaiting(1);
  KillWorkers();
  AwaitWaiting(2);
  EXPECT_THAT(call.get(), Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
}

TEST_F(Replay, ALoadThatAnotherEndsIsDoneAgain) {
  const auto backend = Program();
  const auto guilty = MustLoad(*backend, {{"compute", "crash"}});
  auto load = std::async(std::launch::async, [&] {
    return Load(*backend, {{"load", "wait"}, {"wait", gate()}}, Deadline::Never());
  });
  AwaitWaiting(1);
  EXPECT_FALSE(Compute(*NewContext(*guilty)));
  Open();
  const auto graph = load.get();
  ASSERT_THAT(graph, IsOk());
  EXPECT_THAT(Compute(*NewContext(**graph)), IsOk());
}

// A worker that ends while it waits for the host has given no answer, right or wrong.
TEST_F(Replay, ALoadThatEndsWhileItAsksForAFileIsDoneAgain) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"load", "end once while it asks"}, {"wait", gate()}});
  ASSERT_THAT(graph, IsOk());
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended with exit status 6") == 1; }));
  EXPECT_EQ(log_.Count("answered what nobody had asked"), 0);
  EXPECT_THAT(Compute(*NewContext(**graph)), IsOk());
}

// A graph is loaded again in a fresh worker, which ends too.
TEST_F(Replay, AReloadThatAnotherEndsIsDoneAgain) {
  const auto backend = Program();
  Open();
  const auto graph = Waiting(*backend, {{"load", "wait"}});
  EXPECT_THAT(Compute(*NewContext(*graph)), IsOk());
  KillWorkers();
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended by signal 9 (Killed)") == 1; }));
  Close();
  auto call = Begin(*graph);
  AwaitWaiting(1);
  KillWorkers();
  Open();
  EXPECT_THAT(call.get(), IsOk());
}

TEST_F(Replay, StateThatIsLostIsSaidAndNothingElse) {
  const auto backend = Program();
  Open();
  const auto graph = Waiting(*backend, {{"load", "keep state"}});
  ASSERT_TRUE(graph->keeps_state());
  const auto context = NewContext(*graph);
  ASSERT_THAT(Compute(*context), IsOk());
  Close();
  auto call = std::async(std::launch::async, [&] { return Compute(*context, Deadline::Never()); });
  AwaitWaiting(1);
  KillWorkers();
  EXPECT_THAT(call.get(),
              Fails(ErrorCode::kRuntimeError,
                    "the state that this context kept was lost with its worker; the next inference "
                    "starts anew"));
  Open();
  EXPECT_THAT(Compute(*context), IsOk());
}

// There is no state before the first inference. Then it is in the worker in which that ran again.
TEST_F(Replay, AFirstInferenceKeepsItsStateWhereItRanAgain) {
  const auto backend = Program();
  const auto graph = Waiting(*backend, {{"load", "keep state"}});
  const auto context = NewContext(*graph);
  auto call = std::async(std::launch::async, [&] { return Compute(*context, Deadline::Never()); });
  AwaitWaiting(1);
  KillWorkers();
  AwaitWaiting(2);
  Open();
  EXPECT_THAT(call.get(), IsOk());
  // Those of others are in another one.
  EXPECT_THAT(Compute(*NewContext(*graph)), IsOk());
  EXPECT_TRUE(Eventually([&] { return Workers().size() == 2; }));
  EXPECT_THAT(Compute(*context), IsOk());
  EXPECT_EQ(Workers().size(), 2U);
}

}  // namespace
}  // namespace namesake::worker
