// The command as part of a system: signals, and limits on the size of files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

using test::ProcessResult;
using testing::HasSubstr;

constexpr const char* kSpin = R"((module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "\n")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (loop $forever (br $forever)))))";

class Signals : public testing::Test {
 protected:
  // Sends the signal while the guest runs, and returns what a shell reports about the end. `before`
  // precedes the command, which then runs as its child.
  ProcessResult SignalWhileTheGuestRuns(const std::string& signal, const std::string& before = "") {
    dir_.Write("spin.wat", kSpin);
    const std::string process = before.empty() ? "$!" : "$(pgrep -P $!)";
    // Without -m, a shell makes its background processes ignore SIGINT. The guest writes a line.
    return test::RunProcess(
        {"bash", "-c",
         "set -m; rm -f line; mkfifo line; " + before +
             " " NAMESAKE_COMMAND " run --no-cache spin.wat > line & read -r text < line; kill -" +
             signal + " " + process + "; wait $!; echo \"ended with $?\""},
        {.working_directory = dir_.path()});
  }

  test::TempDir dir_;
};

TEST_F(Signals, EndTheCommandByThemselves) {
  EXPECT_EQ(SignalWhileTheGuestRuns("TERM").out, "ended with 143\n");
  EXPECT_EQ(SignalWhileTheGuestRuns("INT").out, "ended with 130\n");
}

TEST_F(Signals, EndTheFirstProcessOfAContainerToo) {
  const std::string container = "unshare --user --map-root-user --pid --fork";
  EXPECT_EQ(SignalWhileTheGuestRuns("TERM", container).out, "ended with 143\n");
  EXPECT_EQ(SignalWhileTheGuestRuns("INT", container).out, "ended with 130\n");
}

TEST_F(Signals, ALimitOfFileSizesLeavesTheGuestAlone) {
  const std::string guest =
      dir_.Write("guest.wat", "(module (memory (export \"memory\") 1) (func (export \"_start\")))")
          .string();
  const auto result = test::RunProcess(
      {"bash", "-c",
       "ulimit -f 1; exec " NAMESAKE_COMMAND " run --cache-dir " +
           (dir_.path() / "cache").string() +
           " --nn-preload m:onnx:" NAMESAKE_SOURCE_DIR "/tests/data/models/dynamic.onnx " + guest});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.err, HasSubstr("is not kept in the compiled cache: ")) << result;
}

}  // namespace
}  // namespace namesake
