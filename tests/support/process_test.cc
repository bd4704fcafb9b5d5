#include "support/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace namesake::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ProcessTest, TellsTheTwoOutputsAndTheExitCodeApart) {
  const ProcessResult result = RunProcess({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_FALSE(result.timed_out);
}

TEST(ProcessTest, GivesAndTakesMoreThanAPipeHolds) {
  const std::string text(1'000'000, 'x');
  EXPECT_EQ(RunProcess({"cat"}, {.input = text}).out, text);
}

TEST(ProcessTest, AProgramNeedNotReadItsInput) {
  EXPECT_EQ(RunProcess({"true"}, {.input = std::string(1'000'000, 'x')}).exit_code, 0);
}

TEST(ProcessTest, SetsEnvironmentAndDirectory) {
  const ProcessResult result =
      RunProcess({"sh", "-c", "echo $HOME; pwd"},
                 {.environment = {"HOME=elsewhere"}, .working_directory = "/"});
  EXPECT_EQ(result.out, "elsewhere\n/\n");
}

TEST(ProcessTest, ReportsASignalAsAShellDoes) {
  EXPECT_EQ(RunProcess({"sh", "-c", "kill -SEGV $$"}).exit_code, 128 + 11);
}

TEST(ProcessTest, SaysWhyAProgramDoesNotStart) {
  const ProcessResult result = RunProcess({"/absent/program"});
  EXPECT_EQ(result.exit_code, 127);
  EXPECT_THAT(result.err, HasSubstr("/absent/program: No such file or directory"));
}

TEST(ProcessTest, KillsWhatRunsTooLongWithItsChildren) {
  const ProcessResult result = RunProcess({"sh", "-c", "echo begun; sleep 60 & sleep 60; echo end"},
                                          {.timeout = std::chrono::milliseconds(200)});
  EXPECT_TRUE(result.timed_out);
  EXPECT_THAT(result.out, testing::AnyOf("begun\n", ""));  // It may have been killed before.
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_LT(result.wall_time, std::chrono::seconds(60));
}

}  // namespace
}  // namespace namesake::test
