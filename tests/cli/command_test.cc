// `namesake run` and the command as a whole, run as a process: options, messages and exit codes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ProcessResult;
using test::TempDir;
using testing::HasSubstr;
using testing::StartsWith;

const fs::path kModels = fs::path(NAMESAKE_SOURCE_DIR) / "examples/models";
const std::string kOnnx = (kModels / "efficientnet-lite0.onnx").string();

// A guest that looks up a name and exits with the errno.
std::string LookupGuest(const std::string& name) {
  return R"((module
    (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) ")" +
         name + R"(")
    (func (export "_start")
      (call $exit (call $load_by_name (i32.const 0) (i32.const )" +
         std::to_string(name.size()) + R"() (i32.const 1024)))))
  )";
}

class CommandTest : public testing::Test {
 protected:
  ProcessResult Namesake(std::vector<std::string> args) const {
    args.insert(args.begin(), NAMESAKE_COMMAND);
    return test::RunProcess(
        args, {.environment = {"XDG_CACHE_HOME=" + (dir_.path() / "cache").string(), "GREETING=hi"},
               .working_directory = dir_.path()});
  }

  // Expects nothing on standard output, one message, and this exit code.
  static void ExpectRefused(const ProcessResult& result, int exit_code,
                            const testing::Matcher<std::string>& message) {
    EXPECT_EQ(result.exit_code, exit_code) << result;
    EXPECT_EQ(result.out, "") << result;
    EXPECT_THAT(result.err, StartsWith("namesake: "));
    EXPECT_THAT(result.err, message);
  }

  fs::path Guest(const std::string& text) const { return dir_.Write("guest.wat", text); }

  TempDir dir_;
};

TEST_F(CommandTest, VersionNamesEveryPart) {
  const auto result = Namesake({"--version"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, StartsWith("namesake 0.1.0\nwasmtime 48.0.8\nonnxruntime 1.31.1\n"));
  EXPECT_THAT(result.out, HasSubstr("\nopenvino 2026.4.1"));
  EXPECT_THAT(result.out, HasSubstr("encodings: openvino, onnx, tensorflow, tensorflowlite\n"));
  EXPECT_THAT(result.out, HasSubstr("device CPU: "));
  for (const char* other : {"-V", "version"}) EXPECT_EQ(Namesake({other}).out, result.out);
}

// Whoever can write to the current directory must not choose the code that runs.
TEST_F(CommandTest, NoLibraryComesFromTheCurrentDirectory) {
  for (const char* const library : {"libcrypto.so.3", "libstdc++.so.6", "libc.so.6"}) {
    dir_.Write(library, "not a library");
  }
  const auto result = Namesake({"--version"});
  EXPECT_EQ(result.exit_code, 0) << result;
}

TEST_F(CommandTest, HelpIsAWordToo) {
  EXPECT_EQ(Namesake({"help"}).out, Namesake({"--help"}).out);
  for (const char* command :
       {"run", "inspect", "check", "models", "backends", "workers", "cache", "settings"}) {
    const auto result = Namesake({"help", command});
    EXPECT_EQ(result.exit_code, 0) << result;
    EXPECT_EQ(result.out, Namesake({command, "--help"}).out);
    EXPECT_THAT(result.out, HasSubstr(std::string("Usage: namesake ") + command));
    EXPECT_THAT(result.out, testing::Not(HasSubstr("Examples:"))) << command;
    EXPECT_THAT(result.out, testing::Not(HasSubstr("FILE FILE"))) << command;
  }
}

TEST_F(CommandTest, HelpNamesEveryOptionInLinesThatFit) {
  EXPECT_THAT(Namesake({"--help"}).out, HasSubstr("inspect"));
  const auto result = Namesake({"run", "--help"});
  EXPECT_EQ(result.exit_code, 0) << result;
  for (const char* option :
       {"--config FILE", "--tenant NAME", "--set KEY=VALUE", "--guest-register WHERE",
        "--guest-option KEY", "--limit NAME=VALUE",
        "--nn-preload NAME[:ENCODING[:TARGET]]:PATH[:PATH...]", "--nn-graph ENCODING::DIR",
        "--nn-max-models N", "--guest-timeout DURATION", "--max-guest-memory SIZE",
        "--dir HOST[::GUEST]", "--env NAME[=VALUE]", "--cache-dir DIR", "--no-cache", "--timings",
        "--verbose", "GUEST.wasm [ARGS...]", "134"}) {
    EXPECT_THAT(result.out, HasSubstr(option));
  }
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST_F(CommandTest, WhatIsNoOptionIsNamed) {
  ExpectRefused(
      Namesake({}), 2,
      HasSubstr("expected run, check, models, backends, workers, cache, settings or inspect"));
  ExpectRefused(Namesake({"rum"}), 2,
                "namesake: unknown command \"rum\"; did you mean \"run\"? See namesake "
                "--help\n");
  ExpectRefused(Namesake({"run"}), 2, HasSubstr("no guest given"));
  ExpectRefused(Namesake({"run", "--nn-prelod", "a:onnx:b", "guest.wasm"}), 2,
                "namesake: run: unknown option --nn-prelod; did you mean --nn-preload? See "
                "namesake run --help\n");
  ExpectRefused(Namesake({"run", "--nn-preload"}), 2, HasSubstr("--nn-preload"));
  ExpectRefused(Namesake({"run", "--no-cache", "--cache-dir", "x", "guest.wasm"}), 2,
                HasSubstr("--cache-dir"));
}

TEST_F(CommandTest, ABadModelOptionEndsBeforeTheGuest) {
  const auto refuse = [&](const std::string& option, const std::string& value,
                          const std::string& message) {
    ExpectRefused(Namesake({"run", option, value, "guest.wasm"}), 2,
                  "namesake: " + option + " " + value + ": " + message + "\n");
  };
  refuse("--nn-preload", "photo",
         "expected NAME[:ENCODING[:TARGET]]:PATH[:PATH...], such as photo:photo.onnx");
  refuse("--nn-preload", "mlp.onnx",
         "expected NAME[:ENCODING[:TARGET]]:PATH[:PATH...]; did you mean mlp:mlp.onnx?");
  refuse("--nn-preload", "photo:onxx:m.onnx",
         "\"onxx\" is not an encoding; did you mean \"onnx\"?");
  refuse(
      "--nn-preload", "photo:keras:m",
      "\"keras\" is not an encoding (openvino, onnx, tensorflow or tensorflowlite, or autodetect "
      "to detect it from the content); write a colon in a path as \"\\:\", as in keras\\:m");
  refuse("--nn-preload", "photo:ggml:m.gguf",
         "no backend serves the encoding ggml; encodings served: onnx, openvino, tensorflow, "
         "tensorflowlite");
  refuse("--nn-preload", ":onnx:m.onnx", "a model's name is empty");
  refuse("--nn-preload", std::string(256, 'n') + ":onnx:m.onnx",
         "a model's name has 256 bytes; at most 255 are allowed");
  refuse("--nn-graph", "onnx:dir", "expected ENCODING::DIR; did you mean onnx::dir?");
}

TEST_F(CommandTest, TheBackendOfAnEncodingCanBeChosen) {
  const auto run = [&](const std::string& backend) {
    return Namesake({"-vv", "run", "--no-cache", "--nn-backend", backend, "--nn-preload",
                     "photo:" + kOnnx, Guest(LookupGuest("photo")).string()});
  };
  EXPECT_THAT(run("onnx=openvino").err, HasSubstr("openvino for tenant \"default\""));
  EXPECT_THAT(run("onnx=onnxruntime").err, HasSubstr("onnxruntime for tenant \"default\""));
  ExpectRefused(run("onnx=openvno"), 2,
                HasSubstr("--nn-backend onnx=openvno: unknown backend \"openvno\"; did you mean "
                          "\"openvino\"?"));
  ExpectRefused(run("tensorflow=onnxruntime"), 2,
                HasSubstr("--nn-backend tensorflow=onnxruntime: the backend onnxruntime does not "
                          "read the encoding tensorflow"));
  ExpectRefused(run("onxx=openvino"), 2,
                HasSubstr("--nn-backend onxx=openvino: \"onxx\" is no encoding; expected "
                          "openvino, onnx, tensorflow or tensorflowlite"));
  ExpectRefused(run("onnx"), 2, HasSubstr("--nn-backend onnx: expected ENCODING=BACKEND"));
}

TEST_F(CommandTest, ADuplicateNameNamesBothModels) {
  fs::create_directory(dir_.path() / "photo");
  ExpectRefused(
      Namesake({"run", "--nn-preload", "photo:onnx:a.onnx", "--nn-graph", "onnx::photo", "g.wasm"}),
      2,
      "namesake: --nn-graph onnx::photo: the name \"photo\" is taken: it names a.onnx and can't "
      "also name photo/model.onnx\n");
}

TEST_F(CommandTest, MaxModelsCountsTheOperatorsModels) {
  ExpectRefused(Namesake({"run", "--nn-max-models", "1", "--nn-preload", "a:onnx:" + kOnnx,
                          "--nn-preload", "b:onnx:" + kOnnx, "g.wasm"}),
                2,
                "namesake: --nn-preload b:onnx:" + kOnnx +
                    ": the limit max_models = 1 of the host is used up (1 in use, 1 requested)\n");
}

TEST_F(CommandTest, MaxModelsCountsTheGuestsModelsToo) {
  // load() of one byte as ONNX: with a free slot it is not a model (invalid_encoding), without one
  // it is too_large.
  const auto guest = Guest(R"((module
    (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\01\00\00\00")
    (func (export "_start")
      (call $exit (call $load (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 0)
                              (i32.const 1024))))))");
  const auto run = [&](const char* max) {
    return Namesake({"run", "--nn-max-models", max, "--nn-preload", "a:onnx:" + kOnnx, guest})
        .exit_code;
  };
  EXPECT_EQ(run("2"), 2);
  EXPECT_EQ(run("1"), 7);
}

TEST_F(CommandTest, AModelThatCantBeLoadedEndsBeforeTheGuest) {
  const auto guest = Guest(R"((module (import "wasi_snapshot_preview1" "proc_exit"
      (func $exit (param i32))) (memory (export "memory") 1)
      (func (export "_start") (call $exit (i32.const 42)))))");
  const auto refuse = [&](const std::string& value, const testing::Matcher<std::string>& message) {
    const auto result = Namesake({"run", "--nn-preload", value, guest});
    ExpectRefused(result, 3, StartsWith("namesake: --nn-preload " + value + ": "));
    EXPECT_THAT(result.err, message);
  };
  std::ifstream whole(kOnnx, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(whole), {});
  dir_.Write("truncated.onnx", content.substr(0, content.size() / 2));
  dir_.Write("empty.onnx", "");
  fs::copy_file(kModels / "efficientnet-lite0.xml", dir_.path() / "alone.xml");
  fs::create_directory(dir_.path() / "directory");
  refuse("a:onnx:missing.onnx", HasSubstr("missing.onnx"));
  refuse("a:onnx:empty.onnx", HasSubstr("empty.onnx"));
  refuse("a:onnx:truncated.onnx", HasSubstr("truncated.onnx"));
  refuse("a:openvino:alone.xml", testing::AllOf(HasSubstr("alone.xml"), HasSubstr("alone.bin")));
  refuse("a:onnx:directory", HasSubstr("directory"));
  refuse("a:onnx:gpu:" + kOnnx, HasSubstr("workers may not use: see sandbox_devices"));
}

TEST_F(CommandTest, EveryModelThatCantBeLoadedIsNamed) {
  const auto guest = Guest("(module (memory (export \"memory\") 1) (func (export \"_start\")))");
  const auto result =
      Namesake({"run", "--nn-preload", "a:onnx:x.onnx", "--nn-preload", "b:onnx:y.onnx", guest});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("a:onnx:x.onnx"));
  EXPECT_THAT(result.err, HasSubstr("b:onnx:y.onnx"));
}

TEST_F(CommandTest, NamesComeFromEveryKindOfOption) {
  fs::create_directories(dir_.path() / "graphs/wasmtimes");
  fs::copy_file(kOnnx, dir_.path() / "graphs/wasmtimes/model.onnx");
  fs::create_directories(dir_.path() / "graphs/ir");
  fs::copy_file(kModels / "efficientnet-lite0.xml", dir_.path() / "graphs/ir/model.xml");
  fs::copy_file(kModels / "efficientnet-lite0.bin", dir_.path() / "graphs/ir/model.bin");
  fs::create_directory_symlink("ir", dir_.path() / "graphs/any");
  fs::create_directories(dir_.path() / "with space: and colon");
  fs::copy_file(kOnnx, dir_.path() / "with space: and colon/m.onnx");
  const auto look_up = [&](const std::string& name) {
    const auto guest = Guest(LookupGuest(name));
    return Namesake({"run", "--nn-preload", "three:onnx:" + kOnnx, "--nn-preload",
                     "four:ONNX:CPU:" + kOnnx, "--nn-preload",
                     "escaped:onnx:with space\\: and colon/m.onnx", "--nn-graph",
                     "onnx::graphs/wasmtimes", "--nn-graph", "openvino::graphs/ir/", "--nn-preload",
                     "detected:autodetect:" + kOnnx, "--nn-preload", "short:" + kOnnx, "--nn-graph",
                     "autodetect::graphs/any", guest})
        .exit_code;
  };
  for (const char* name :
       {"three", "four", "escaped", "wasmtimes", "ir", "detected", "short", "any"}) {
    EXPECT_EQ(look_up(name), 0) << name;
  }
  EXPECT_EQ(look_up("other"), 8);
}

TEST_F(CommandTest, TheGuestsExitCodeIsTheCommands) {
  for (const int code : {0, 1, 42, 126, 200, 255}) {
    const auto guest = Guest(R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start") (call $exit (i32.const )" +
                             std::to_string(code) + ")))) ");
    const auto result = Namesake({"run", guest});
    EXPECT_EQ(result.exit_code, code) << result;
    EXPECT_EQ(result.err, "");
  }
}

TEST_F(CommandTest, NoGuestCodeRunsBeforeTheModelsAreThere) {
  const std::string start = R"((module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func $early (call $exit (i32.const 42)))
    (start $early)
    (func (export "_start"))))";
  const auto guest = Guest(start);
  EXPECT_EQ(Namesake({"run", guest}).exit_code, 42);
  EXPECT_EQ(Namesake({"run", "--nn-preload", "a:onnx:missing.onnx", guest}).exit_code, 3);
}

TEST_F(CommandTest, ADirectoryWithAModelInItIsReadOnlyForTheGuest) {
  fs::create_directories(dir_.path() / "models/deep");
  fs::create_directories(dir_.path() / "results");
  fs::copy_file(kOnnx, dir_.path() / "models/deep/m.onnx");
  fs::create_directory_symlink("models", dir_.path() / "link");
  // Creates the file "new" in its directory, and exits with WASI's errno.
  const auto guest = Guest(R"((module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "new")
    (func (export "_start")
      (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1)
                              (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64))))))");
  const auto create_in = [&](const std::string& dir) {
    return Namesake({"run", "--nn-preload", "a:onnx:models/deep/m.onnx", "--dir", dir, guest})
        .exit_code;
  };
  EXPECT_EQ(create_in("results"), 0);
  for (const char* dir : {"models", "models/deep", "link/deep", "."}) {
    EXPECT_EQ(create_in(dir), 63) << dir;  // EPERM
  }
  EXPECT_TRUE(fs::exists(dir_.path() / "results/new"));
  EXPECT_FALSE(fs::exists(dir_.path() / "models/new"));
}

TEST_F(CommandTest, ACacheThatOthersMayWriteIsRefusedAndLeftAsItIs) {
  const auto guest = Guest("(module (memory (export \"memory\") 1) (func (export \"_start\")))");
  const fs::path models = dir_.path() / "shared/models";
  fs::create_directories(models);
  fs::permissions(models, fs::perms::all);
  ExpectRefused(
      Namesake({"run", "--cache-dir", "shared", guest}), 2,
      "namesake: --cache-dir: can't use shared as the cache directory: other users can write to "
      "shared/models; use a directory of your own or remove their write permission\n");
  EXPECT_EQ(fs::status(models).permissions(), fs::perms::all);
  ExpectRefused(Namesake({"run", "--cache-dir", "", guest}), 2,
                "namesake: --cache-dir: the directory name is empty\n");
  ExpectRefused(Namesake({"run", "--cache-dir", "c\xff", guest}), 2,
                HasSubstr("can't use c\\xff as the cache directory: it is not UTF-8"));
}

TEST_F(CommandTest, ModelsThatAGuestLoadsAreNotKept) {
  const auto guest = Guest(R"((module
    (import "wasi_ephemeral_nn" "load" (func $load (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 256)
    (data (i32.const 0) "\00\10\00\00\00\00\ff\00")
    (func (export "_start") (local $got i32)
      (loop $more
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64)))
        (local.set $got (i32.add (local.get $got) (i32.load (i32.const 64))))
        (i32.store (i32.const 0) (i32.add (i32.const 4096) (local.get $got)))
        (i32.store (i32.const 4) (i32.sub (i32.const 0xff0000) (local.get $got)))
        (br_if $more (i32.load (i32.const 64))))
      (i32.store (i32.const 0) (i32.const 4096))
      (i32.store (i32.const 4) (local.get $got))
      (call $exit (call $load (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 0)
                              (i32.const 64))))))");
  std::ifstream model(kOnnx, std::ios::binary);
  const std::string content(std::istreambuf_iterator<char>(model), {});
  const auto result = test::RunProcess(
      {NAMESAKE_COMMAND, "run", "--cache-dir", (dir_.path() / "c").string(), guest},
      {.input = content});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_TRUE(fs::is_empty(dir_.path() / "c/models"));
}

TEST_F(CommandTest, OutputThatCantBeWrittenIsAnError) {
  const auto shell = [](const std::string& line) {
    return test::RunProcess({"sh", "-c", std::string("exec ") + NAMESAKE_COMMAND + " " + line});
  };
  const std::string model = "onnx:" + kOnnx;
  for (const std::string& line :
       {std::string("--help"), "inspect " + model, "inspect --json " + model}) {
    const auto result = shell(line + " >/dev/full");
    EXPECT_EQ(result.exit_code, 1) << line << result;
    EXPECT_EQ(result.err, "namesake: can't write to standard output\n");
  }
  EXPECT_EQ(shell("run nowhere.wasm 2>&-").exit_code, 2);
  EXPECT_EQ(shell("run nowhere.wasm 2>/dev/full").exit_code, 2);
}

TEST_F(CommandTest, APipeIsNoGuestAndIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo((dir_.path() / "pipe.wasm").c_str(), 0600), 0);
  ExpectRefused(Namesake({"run", "pipe.wasm"}), 2, HasSubstr("not a regular file"));
}

TEST_F(CommandTest, ATargetThatIsNoneIsNamed) {
  ExpectRefused(
      Namesake({"run", "--nn-preload", "a:onnx:npu:m.onnx", "g.wasm"}), 2,
      "namesake: --nn-preload a:onnx:npu:m.onnx: \"npu\" is not a target (cpu, gpu, tpu or "
      "auto)\n");
}

TEST_F(CommandTest, ATrapPrintsTheBacktrace) {
  const auto guest = Guest(R"((module (memory (export "memory") 1)
    (func $inner unreachable)
    (func $outer (export "_start") (call $inner))))");
  const auto result = Namesake({"run", guest});
  EXPECT_EQ(result.exit_code, 134) << result;
  EXPECT_THAT(result.err, HasSubstr("unreachable"));
  EXPECT_THAT(result.err, HasSubstr("inner"));
  EXPECT_THAT(result.err, HasSubstr("outer"));
}

TEST_F(CommandTest, AGuestThatSpinsIsStoppedAfterItsTimeout) {
  const auto guest = Guest(R"((module (memory (export "memory") 1)
    (func $spin (export "_start") (loop $again (br $again)))))");
  const auto result = Namesake({"run", "--guest-timeout", "50 ms", guest});
  ExpectRefused(result, 134,
                testing::MatchesRegex("namesake: the guest was stopped after its guest_timeout of "
                                      "50 ms: wasm backtrace:\n *0: .*spin\n"));
}

TEST_F(CommandTest, AGuestThatWaitsInAHostCallIsStoppedAfterItsTimeout) {
  // Polls one subscription: the monotonic clock, an hour from now.
  const auto guest = Guest(R"((module
    (import "wasi_snapshot_preview1" "poll_oneoff"
      (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (i32.store (i32.const 16) (i32.const 1))
      (i64.store (i32.const 24) (i64.const 3600000000000))
      (drop (call $poll (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048))))))");
  ExpectRefused(Namesake({"run", "--guest-timeout", "0.5s", guest}), 134,
                "namesake: the guest was stopped after its guest_timeout of 500 ms while it waited "
                "in a host call\n");
}

TEST_F(CommandTest, AGuestsMemoryGrowsToItsLimit) {
  const auto run = [&](const std::string& size, const std::string& pages) {
    const auto guest = Guest(R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start") (call $exit (memory.grow (i32.const )" +
                             pages + ")))))");
    return Namesake({"run", "--max-guest-memory", size, guest});
  };
  EXPECT_EQ(run("1 MiB", "15").exit_code, 1);
  EXPECT_EQ(run("1 MiB", "16").exit_code, 255);
  ExpectRefused(run("32KiB", "0"), 2,
                "namesake: " + (dir_.path() / "guest.wat").string() +
                    ": the guest's initial memory of 64 KiB is above the "
                    "limit max_guest_memory_bytes = 32 KiB\n");
}

TEST_F(CommandTest, ABadLimitIsNamedAlikeInEveryOption) {
  const auto refuse = [&](const std::string& option, const std::string& value,
                          const std::string& message) {
    ExpectRefused(Namesake({"run", option, value, "guest.wasm"}), 2,
                  "namesake: " + option + " " + value + ": " + message + "\n");
  };
  refuse(
      "--guest-timeout", "5",
      "guest_timeout: \"5\" is not a duration: it has no unit; write it like \"250 ms\" or \"1.5 "
      "s\"");
  refuse("--guest-timeout", "0s", "guest_timeout must be at least 1 ns, not 0 s");
  refuse("--max-guest-memory", "2 Gib",
         "max_guest_memory_bytes: \"2 Gib\" is not a size; did you mean \"2 GiB\"?");
  refuse("--limit", "max_contexts=0", "max_contexts must be at least 1, not 0");
  refuse("--limit", "max_contexts", "expected NAME=VALUE");
  refuse("--nn-max-models", "0", "max_models must be at least 1, not 0");
  refuse("--nn-max-models", "-1", "max_models must be at least 1, not -1");
  for (const char* number : {"many", "1.5", "0x10", "", "99999999999999999999"}) {
    refuse("--nn-max-models", number, "max_models must be an integer or \"none\", not a string");
  }
}

TEST_F(CommandTest, ArgumentsEnvironmentAndDirectoriesReachTheGuest) {
  // Prints its arguments, its environment, and the name of its first preopened directory.
  const auto guest = Guest(R"((module
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $dir_name (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func $print (param $at i32) (param $size i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $size))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start")
      (drop (call $args_sizes (i32.const 16) (i32.const 20)))
      (drop (call $args (i32.const 1024) (i32.const 2048)))
      (call $print (i32.const 2048) (i32.load (i32.const 20)))
      (drop (call $env_sizes (i32.const 16) (i32.const 20)))
      (drop (call $env (i32.const 1024) (i32.const 4096)))
      (call $print (i32.const 4096) (i32.load (i32.const 20)))
      (drop (call $dir_name (i32.const 3) (i32.const 8192) (i32.const 4)))
      (call $print (i32.const 8192) (i32.const 4)))))");
  const auto result = Namesake({"run", "--env", "A=1=2", "--env", "GREETING", "--dir", ".::/own",
                                guest, "--nn-preload", "second", "--", "ünïcode"});
  EXPECT_EQ(result.exit_code, 0) << result;
  std::string expected;
  for (const std::string& text :
       {guest.string(), std::string("--nn-preload"), std::string("second"), std::string("--"),
        std::string("ünïcode"), std::string("A=1=2"), std::string("GREETING=hi")}) {
    expected += text + '\0';
  }
  expected += "/own";
  EXPECT_EQ(result.out, expected) << result;
}

TEST_F(CommandTest, TwoDashesEndTheOptionsInFrontOfTheGuest) {
  dir_.Write("-odd.wat", LookupGuest("a"));
  const auto result =
      Namesake({"run", "--nn-preload", "a:onnx:" + kOnnx, "-v", "--", "-odd.wat", "--", "x"});
  EXPECT_EQ(result.exit_code, 0) << result;
  ExpectRefused(Namesake({"run", "-odd.wat"}), 2, HasSubstr("unknown option -odd.wat"));
  ExpectRefused(Namesake({"run", "--"}), 2, HasSubstr("no guest given"));
}

TEST_F(CommandTest, ABadDirectoryOrVariableIsNamed) {
  const auto guest = Guest("(module (memory (export \"memory\") 1) (func (export \"_start\")))");
  ExpectRefused(Namesake({"run", "--dir", "nowhere", guest}), 2,
                HasSubstr("can't open nowhere as a directory for the guest: No such file"));
  ExpectRefused(Namesake({"run", "--dir", guest, guest}), 2, HasSubstr("Not a directory"));
  ExpectRefused(Namesake({"run", "--dir", ".:/data", guest}), 2,
                "namesake: --dir .:/data: can't open .:/data as a directory for the guest: No such "
                "file or directory; did you mean .::/data?\n");
  for (const char* other : {"nowhere:/data", ":/data", ".:", ".:a:b"}) {
    ExpectRefused(Namesake({"run", "--dir", other, guest}), 2,
                  testing::Not(HasSubstr("did you mean")));
  }
  ExpectRefused(Namesake({"run", "--env", "NAMESAKE_NOT_SET", guest}), 2,
                "namesake: --env NAMESAKE_NOT_SET: the variable is not set here; write --env "
                "NAMESAKE_NOT_SET=VALUE\n");
  ExpectRefused(Namesake({"run", "--env", "=1", guest}), 2,
                "namesake: --env =1: expected NAME or NAME=VALUE\n");
}

TEST_F(CommandTest, AGuestThatIsNoneIsRefused) {
  dir_.Write("text.wasm", "hello");
  dir_.Write("empty.wasm", "");
  dir_.Write("cut.wasm", std::string("\0asm\1\0\0\0\1", 9));
  dir_.Write("component.wasm", std::string("\0asm\x0d\0\1\0", 8));
  dir_.Write("reactor.wat", "(module (memory (export \"memory\") 1))");
  dir_.Write("import.wat", "(module (import \"env\" \"magic\" (func)) (func (export \"_start\")))");
  dir_.Write("old.wat", "(module (import \"wasi_nn\" \"load\" (func)) (func (export \"_start\")))");
  dir_.Write("misspelled.wat",
             "(module (import \"wasi_ephemeral_nn\" \"load_by_nam\" (func)) (func (export "
             "\"_start\")))");
  dir_.Write("broken.wat", "(module\n(fucn))");
  const auto refuse = [&](const std::string& guest, const testing::Matcher<std::string>& message) {
    ExpectRefused(Namesake({"run", guest}), 2, message);
  };
  refuse("missing.wasm", "namesake: can't read missing.wasm: No such file or directory\n");
  refuse("text.wasm",
         "namesake: text.wasm is not a WebAssembly module or component: it does not begin with "
         "\"\\0asm\"\n");
  refuse("empty.wasm",
         "namesake: empty.wasm is not a WebAssembly module or component: the file is empty\n");
  refuse("cut.wasm", HasSubstr("cut.wasm is not a WebAssembly module or component: "));
  refuse("component.wasm",
         "namesake: component.wasm: the component exports no \"wasi:cli/run@0.2\"; only commands "
         "can be run\n");
  refuse("reactor.wat", HasSubstr("exports no function \"_start\""));
  refuse("import.wat", HasSubstr("env::magic"));
  refuse("old.wat",
         "namesake: old.wat: the guest can't be linked: unknown import: `wasi_nn::load` has not "
         "been defined; the host has `load` in `wasi_ephemeral_nn`\n");
  refuse("misspelled.wat", HasSubstr("; did you mean `load_by_name`?\n"));
  refuse("broken.wat", HasSubstr("--> broken.wat:2:2\n"));
  refuse("-",
         "namesake: run: the guest can't be read from standard input, which belongs to the guest; "
         "give a file, or ./- for a file of that name\n");
  refuse(".", HasSubstr("not a regular file"));
}

TEST_F(CommandTest, AGuestWithoutMemoryGetsAnErrno) {
  const auto guest = Guest(R"((module
    (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
    (func (export "_start")
      (if (i32.ne (call $load_by_name (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 3))
        (then unreachable)))))");
  EXPECT_EQ(Namesake({"run", guest}).exit_code, 0);
  EXPECT_THAT(Namesake({"run", "-vv", guest}).err,
              HasSubstr("missing_memory (3): the guest exports no memory named \"memory\""));
}

TEST_F(CommandTest, WhatWasCompiledIsKeptWhereAsked) {
  const auto guest = Guest(LookupGuest("a"));
  const auto run = [&](std::vector<std::string> options) {
    options.insert(options.begin(), "run");
    options.insert(options.end(), {"--nn-preload", "a:onnx:" + kOnnx, guest});
    return Namesake(options);
  };
  const auto files = [](const fs::path& dir) {
    std::size_t count = 0;
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(dir, ignored)) {
      if (entry.is_regular_file()) ++count;
    }
    return count;
  };
  EXPECT_EQ(run({"--no-cache"}).exit_code, 0);
  EXPECT_EQ(files(dir_.path() / "cache"), 0U);
  EXPECT_EQ(run({}).exit_code, 0);
  EXPECT_EQ(files(dir_.path() / "cache/namesake/models"), 1U);
  EXPECT_GE(files(dir_.path() / "cache/namesake/modules"), 1U);
  EXPECT_EQ(run({"--cache-dir", "mine"}).exit_code, 0);
  EXPECT_EQ(files(dir_.path() / "mine/models"), 1U);
  dir_.Write("file", "");
  ExpectRefused(run({"--cache-dir", "file"}), 2,
                "namesake: --cache-dir: can't use file as the cache directory: Not a directory\n");
}

TEST_F(CommandTest, ADamagedCacheIsAMiss) {
  const auto guest = Guest(LookupGuest("a"));
  const auto run = [&] {
    return Namesake({"run", "--cache-dir", "c", "--nn-preload", "a:onnx:" + kOnnx, guest});
  };
  ASSERT_EQ(run().exit_code, 0);
  for (const auto& entry : fs::recursive_directory_iterator(dir_.path() / "c")) {
    if (!entry.is_regular_file()) continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(entry.file_size() / 2));
    file << "damage";
  }
  EXPECT_EQ(run().exit_code, 0);
  EXPECT_EQ(run().err, "");  // The entry was replaced.
}

// Runs namesake with a terminal as standard error, and returns what the terminal gets.
std::string ShownInTerminal(const std::string& arguments, std::vector<std::string> environment) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  EXPECT_TRUE(terminal >= 0 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0);
  const std::string name = ::ptsname(terminal);
  // Keeps the terminal open, so that nothing is lost when the command ends.
  const int other_end = ::open(name.c_str(), O_RDWR | O_NOCTTY);
  environment.emplace_back("TERM=xterm-256color");
  test::RunProcess({"sh", "-c", std::string(NAMESAKE_COMMAND) + " " + arguments + " 2>" + name},
                   {.environment = std::move(environment)});
  std::string text(4096, '\0');
  const auto size = ::read(terminal, text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  ::close(other_end);
  ::close(terminal);
  return text;
}

TEST_F(CommandTest, ColourIsForTerminalsAndThoseWhoWantIt) {
  const std::string run = "run " + Guest(LookupGuest("a")).string();
  const std::vector<std::string> no_cache = {"XDG_CACHE_HOME=", "HOME=", "NO_COLOR="};
  EXPECT_THAT(ShownInTerminal(run, no_cache), StartsWith("namesake: \x1b["));
  auto environment = no_cache;
  environment.back() = "NO_COLOR=1";
  EXPECT_THAT(ShownInTerminal(run, environment),
              StartsWith("namesake: warning: nothing is cached"));
  const auto piped = test::RunProcess({"sh", "-c", std::string(NAMESAKE_COMMAND) + " " + run},
                                      {.environment = no_cache});
  EXPECT_THAT(piped.err, StartsWith("namesake: warning: nothing is cached"));
}

TEST_F(CommandTest, TimingsGoToStandardErrorPartByPart) {
  const auto guest = Guest(LookupGuest("a"));
  const auto result = Namesake({"run", "--timings", "--nn-preload", "a:onnx:" + kOnnx, guest});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out, "");
  for (const char* part : {"engine", "guest compiled or cached", "guest linked",
                           "waiting for the models", "guest ran", "all"}) {
    EXPECT_THAT(result.err, HasSubstr(part));
  }
}

TEST_F(CommandTest, VerboseTellsWhyACallWasRefused) {
  const std::string guest = Guest(LookupGuest("unknown")).string();
  for (const std::vector<std::string>& args : {std::vector<std::string>{"run", "-vv", guest},
                                               {"-vv", "run", guest},
                                               {"-v", "run", "-v", guest},
                                               {"run", "--verbose", "-v", guest}}) {
    const auto result = Namesake(args);
    EXPECT_EQ(result.exit_code, 8) << result;
    EXPECT_THAT(
        result.err,
        HasSubstr("wasi_ephemeral_nn.load_by_name: not_found (8): no model is named \"unknown\""));
  }
}

}  // namespace
}  // namespace namesake
