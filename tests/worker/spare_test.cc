// Workers that are started before anybody needs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "worker/hostile.h"

namespace namesake::worker {
namespace {

using test::Fails;
using test::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Spare : public Hostile {
 protected:
  std::unique_ptr<Backend> WithSpare(std::string_view start = "") {
    return Program(start, std::chrono::milliseconds(100), {.spare = true});
  }

  std::vector<pid_t> Workers(std::string_view start = "") const {
    return WorkersOf(ProgramPath(start));
  }

  // The worker that the first user will have.
  pid_t StartFirst(Backend& backend) {
    backend.StartAhead();
    return AwaitWorker(ProgramPath());
  }

  // Waits until there is another worker besides `used`, and returns it.
  pid_t AwaitSpare(pid_t used) {
    const auto workers = AwaitWorkers(ProgramPath(), 2);
    const auto other = std::ranges::find_if(workers, [&](pid_t one) { return one != used; });
    return other == workers.end() ? 0 : *other;
  }

  // Longer than it takes until a spare would be started.
  static void PassRefill() { std::this_thread::sleep_for(std::chrono::milliseconds(1500)); }
};

TEST_F(Spare, AWorkerThatWasStartedAheadIsTheFirstUsers) {
  const auto backend = Program();
  backend->StartAhead();
  const auto ahead = AwaitWorkers(ProgramPath(), 1);
  backend->StartAhead();  // There is one.
  ExpectUsable(*backend);
  EXPECT_EQ(Workers(), ahead);
}

TEST_F(Spare, IsKeptForTheNextUser) {
  const auto backend = WithSpare();
  const pid_t first = StartFirst(*backend);
  ExpectUsable(*backend);
  const pid_t spare = AwaitSpare(first);
  // The same user stays where it is.
  ExpectUsable(*backend);
  EXPECT_EQ(AwaitSpare(first), spare);
  load_options_.placement = Placement::Tenant(7, Isolation::kTenant);
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  EXPECT_THAT(Workers(), testing::UnorderedElementsAre(first, spare));
  EXPECT_THAT(AwaitWorkers(ProgramPath(), 3), SizeIs(3)) << "no further spare";
}

TEST_F(Spare, TakesThePlaceOfAWorkerThatEnded) {
  const auto backend = WithSpare();
  const pid_t first = StartFirst(*backend);
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  ASSERT_THAT(Compute(*context), IsOk());
  const pid_t spare = AwaitSpare(first);
  ASSERT_TRUE(Signal(first, SIGKILL));
  EXPECT_TRUE(Eventually([&] { return log_.Count("ended by signal 9 (Killed)") == 1; }));
  EXPECT_THAT(Compute(*context), IsOk());
  EXPECT_THAT(Workers(), ElementsAre(spare));
}

TEST_F(Spare, ThatEndedIsNotUsed) {
  const auto backend = WithSpare();
  const pid_t first = StartFirst(*backend);
  ExpectUsable(*backend);
  const pid_t spare = AwaitSpare(first);
  ASSERT_TRUE(Signal(spare, SIGKILL));
  EXPECT_TRUE(Eventually(
      [&] { return log_.Count("a spare worker of hostile ended by signal 9 (Killed)") == 1; }));
  load_options_.placement = Placement::Tenant(7, Isolation::kTenant);
  ExpectUsable(*backend);
  EXPECT_EQ(log_.Count("ended by signal"), 1) << "nobody lost anything";
}

TEST_F(Spare, IsNotMadeOfAProgramThatCantStart) {
  const auto backend = WithSpare("explain");
  EXPECT_THAT(Load(*backend), Fails(ErrorCode::kRuntimeError, "the backend hostile can't start"));
  PassRefill();
  EXPECT_THAT(Workers("explain"), IsEmpty());
}

TEST_F(Spare, ThatCantStartFailsTheLoad) {
  const auto backend = Program("early");
  for (int i = 0; i < 2; ++i) {
    backend->StartAhead();
    EXPECT_THAT(Load(*backend), Fails(ErrorCode::kRuntimeError, "the backend hostile can't start"));
  }
}

TEST_F(Spare, IsNotKeptUnlessWanted) {
  const auto backend = Program();
  ExpectUsable(*backend);
  PassRefill();
  EXPECT_THAT(Workers(), SizeIs(1));
}

}  // namespace
}  // namespace namesake::worker
