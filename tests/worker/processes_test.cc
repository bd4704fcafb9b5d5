// The tests' own view of workers, which decides whom they send signals.
#include "worker/processes.h"

#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "worker/hostile.h"

namespace namesake::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SignalTest, GoesToOneProcessOnly) {
  EXPECT_TRUE(Signal(::getpid(), 0));
  // Signal 0 reaches nobody, even where the refusal is missing.
  for (const pid_t process : {0, -1, -::getpid()}) {
    EXPECT_NONFATAL_FAILURE(EXPECT_FALSE(Signal(process, 0)), "to send a signal to");
  }
}

class Processes : public Hostile {};

TEST_F(Processes, AWorkerAndItsKeeperAreToldApart) {
  const auto backend = Program();
  ExpectUsable(*backend);
  const auto workers = WorkersOf(ProgramPath());
  const auto keepers = KeepersOf(ProgramPath());
  ASSERT_EQ(workers.size(), 1U);
  ASSERT_EQ(keepers.size(), 1U);
  EXPECT_THAT(ProcessesOf(ProgramPath()), testing::UnorderedElementsAre(workers[0], keepers[0]));
  EXPECT_EQ(AwaitWorker(ProgramPath()), workers[0]);
}

// A process that has yet to become a keeper has the same path as keepers and workers.
TEST_F(Processes, OneWithoutAChildIsNeither) {
  const auto path = ProgramPath();
  const auto backend = Program();
  ExpectUsable(*backend);
  const pid_t worker = AwaitWorker(path);
  const auto keepers = KeepersOf(path);
  ASSERT_EQ(keepers.size(), 1U);
  // A keeper whose worker has ended lives on as long as it is stopped.
  ASSERT_TRUE(Signal(keepers[0], SIGSTOP));
  ASSERT_TRUE(Signal(worker, SIGKILL));
  EXPECT_TRUE(Eventually([&] { return WorkersOf(path).empty(); }));
  EXPECT_THAT(ProcessesOf(path), ElementsAre(keepers[0]));
  EXPECT_THAT(KeepersOf(path), IsEmpty());
  ASSERT_TRUE(Signal(keepers[0], SIGCONT));
  EXPECT_TRUE(Eventually([&] { return ProcessesOf(path).empty(); }));
}

}  // namespace
}  // namespace namesake::worker
