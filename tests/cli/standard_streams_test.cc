// The command, started as a process without some of its standard streams.
#include <gtest/gtest.h>

#include <string>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

// Has 12 bytes of weights in a separate file, which stays open while the guest runs.
const std::string kModel = NAMESAKE_SOURCE_DIR "/tests/data/models/external.onnx";

// Exits with 100 times the errno of reading standard input, plus the number of bytes read.
constexpr const char* kReadInput = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 64))
    (call $exit
      (i32.add
        (i32.mul (i32.const 100)
                 (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (i32.load (i32.const 16))))))
)";

TEST(StandardStreams, AClosedOneIsNoFileOfTheHosts) {
  const test::TempDir dir;
  const std::string guest = dir.Write("guest.wat", kReadInput).string();
  const std::string command = std::string("exec ") + NAMESAKE_COMMAND +
                              " run --no-cache --nn-preload m:onnx:" + kModel + " " + guest;
  for (unsigned closed = 1; closed < 8; ++closed) {
    std::string line = command;
    if ((closed & 1U) != 0) line += " <&-";
    if ((closed & 2U) != 0) line += " >&-";
    if ((closed & 4U) != 0) line += " 2>&-";
    const auto result = test::RunProcess({"sh", "-c", line});
    EXPECT_EQ(result.exit_code, 0) << line << result;
    EXPECT_EQ(result.err, "");
  }
  // Lost output is still reported.
  const auto lost =
      test::RunProcess({"sh", "-c", std::string("exec ") + NAMESAKE_COMMAND + " --help >&-"});
  EXPECT_EQ(lost.exit_code, 1) << lost;
  EXPECT_EQ(lost.err, "namesake: can't write to standard output\n");
}

}  // namespace
}  // namespace namesake
