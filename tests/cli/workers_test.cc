// `namesake workers`, beside a command that runs a guest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ProcessResult;
using testing::HasSubstr;

// Looks up "a", says "started", and waits for ever.
constexpr const char* kWaits = R"((module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "a")
  (data (i32.const 72) "started\n")
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 10000000))
    (if (call $load_by_name (i32.const 64) (i32.const 1) (i32.const 1024))
      (then (call $exit (i32.const 1))))
    (i32.store (i32.const 80) (i32.const 72))
    (i32.store (i32.const 84) (i32.const 8))
    (drop (call $write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 88)))
    (loop $again
      (drop (call $poll (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 3072)))
      (br $again))))
)";

class WorkersTest : public testing::Test {
 protected:
  WorkersTest() {
    fs::copy_file(fs::path(NAMESAKE_SOURCE_DIR) / "tests/data/models/same.onnx",
                  dir_.path() / "a.onnx");
    dir_.Write("guest.wat", kWaits);
  }

  test::ProcessOptions Options() const {
    return {.environment = {"XDG_CACHE_HOME=" + (dir_.path() / "cache").string(),
                            std::string("NAMESAKE=") + NAMESAKE_COMMAND},
            .working_directory = dir_.path()};
  }
  ProcessResult Namesake(std::vector<std::string> args) const {
    args.insert(args.begin(), NAMESAKE_COMMAND);
    return test::RunProcess(args, Options());
  }
  // Runs the script while a command runs the guest as the process "$pid".
  ProcessResult BesideAGuest(const std::string& script) const {
    return test::RunProcess(
        {"sh", "-c",
         "$NAMESAKE run --nn-preload a:onnx:a.onnx --guest-timeout 50s guest.wat >out & pid=$!\n"
         "until grep -q started out; do sleep 0.02; done\n" +
             script + "\nkill $pid; wait $pid 2>err || true"},
        Options());
  }
  // The only process that the file "json" has; fails the test if it is no such JSON.
  nlohmann::json Told() const {
    const auto all = nlohmann::json::parse(Text("json"), nullptr, false);
    EXPECT_TRUE(all.is_object()) << Text("json");
    return all.is_object() ? all.at("processes").at(0) : nlohmann::json::object();
  }
  std::string Text(const std::string& file) const {
    std::ifstream stream(dir_.path() / file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  test::TempDir dir_;
};

TEST_F(WorkersTest, AreShownWithTheirModels) {
  const auto result = BesideAGuest(
      "echo $pid >pid\n"
      "$NAMESAKE workers --json $pid >json\n"
      "$NAMESAKE workers $pid >table\n"
      "$NAMESAKE workers >all");
  EXPECT_EQ(result.exit_code, 0) << result;
  const auto process = Told();
  EXPECT_EQ(process.at("process"), std::stoi(Text("pid")));
  ASSERT_EQ(process.at("workers").size(), 1U) << process;
  const auto& worker = process.at("workers").at(0);
  EXPECT_EQ(worker.at("backend"), "onnxruntime");
  EXPECT_EQ(worker.at("owner"), "tenant \"default\"");
  EXPECT_EQ(worker.at("purpose"), "serves");
  EXPECT_EQ(worker.at("models"), nlohmann::json::array({"a.onnx"}));
  EXPECT_EQ(worker.at("contexts"), 0);
  EXPECT_GT(worker.at("process"), 0);
  EXPECT_GE(worker.at("uptime_seconds"), 0);
  EXPECT_EQ(process.at("ends"), nlohmann::json::array());
  EXPECT_EQ(process.at("verdicts"), nlohmann::json::array());
  EXPECT_THAT(Text("table"), HasSubstr("process " + Text("pid")));
  EXPECT_THAT(Text("table"), HasSubstr("OWNER             BACKEND      PURPOSE"));
  EXPECT_THAT(Text("table"), HasSubstr("tenant \"default\"  onnxruntime  serves "));
  EXPECT_THAT(Text("table"), HasSubstr(" a.onnx\n"));
  EXPECT_THAT(Text("all"), HasSubstr("process " + Text("pid")));
}

TEST_F(WorkersTest, AnEndIsShownWithItsReason) {
  const auto result = BesideAGuest(
      "workers() { $NAMESAKE workers --json $pid; }\n"
      "kill -9 $(workers | grep -o '\"process\": *[0-9]*' | grep -o '[0-9]*' | grep -v "
      "\"^$pid$\")\n"
      "until workers | grep -q reason; do sleep 0.02; done\n"
      "workers >json; $NAMESAKE workers $pid >table");
  EXPECT_EQ(result.exit_code, 0) << result;
  const auto process = Told();
  EXPECT_EQ(process.at("workers"), nlohmann::json::array());
  const auto& end = process.at("ends").at(0);
  EXPECT_EQ(end.at("reason"), "ended by signal 9 (Killed)");
  EXPECT_EQ(end.at("running"), nlohmann::json::array());
  EXPECT_EQ(end.at("worker").at("owner"), "tenant \"default\"");
  EXPECT_THAT(Text("table"), HasSubstr("ended by signal 9 (Killed)"));
}

TEST_F(WorkersTest, AProcessThatRunsNoGuestsIsRefused) {
  const auto result = Namesake({"workers", "1"});
  EXPECT_EQ(result.exit_code, 2) << result;
  EXPECT_EQ(result.err,
            "namesake: workers: no namesake runs as the process \"1\" of this user; namesake "
            "workers shows all\n");
  EXPECT_EQ(Namesake({"workers", "x"}).exit_code, 2);
}

}  // namespace
}  // namespace namesake
