// The command when the system is short of files, threads, address space or /proc, or with a cache
// that can't be written. Each time the command names the limit in one sentence, or runs without the
// resource.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ProcessResult;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

constexpr const char* kModel = NAMESAKE_SOURCE_DIR "/tests/data/models/dynamic.onnx";
constexpr const char* kGuest = R"((module (memory (export "memory") 1)
  (data (i32.const 0) "some content") (func (export "_start"))))";

class ProcessLimits : public testing::Test {
 protected:
  ProcessLimits() { dir_.Write("guest.wat", kGuest); }

  // `before` is shell code that precedes the command, such as "ulimit -n 6;".
  ProcessResult Run(const std::string& before, const std::string& options = "--no-cache") {
    return test::RunProcess({"bash", "-c",
                             before + " exec " NAMESAKE_COMMAND " run " + options +
                                 " --nn-preload m:onnx:" + kModel + " guest.wat"},
                            {.working_directory = dir_.path()});
  }

  // Runs in a user namespace, which any user may make, with the mounts that `mounts` makes.
  ProcessResult RunAlone(const std::string& mounts, const std::string& options,
                         const std::string& model = std::string("onnx:") + kModel) {
    return test::RunProcess({"bash", "-c",
                             "unshare --user --map-root-user --mount bash -c '" + mounts +
                                 "; exec " NAMESAKE_COMMAND " run " + options +
                                 " --nn-preload m:" + model + " guest.wat'"},
                            {.working_directory = dir_.path()});
  }

  std::vector<fs::path> FilesIn(const fs::path& folder) const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path() / folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }

  test::TempDir dir_;
};

// With fewer than 5, the program itself can't be loaded.
TEST_F(ProcessLimits, FewOpenFiles) {
  for (const std::string limit : {"5", "6", "8", "10"}) {
    const auto result = Run("ulimit -n " + limit + ";");
    EXPECT_EQ(result.exit_code, 2) << result;
    EXPECT_EQ(result.err,
              "namesake: the limit on open files (ulimit -n) is " + limit + "; raise it\n");
  }
  EXPECT_EQ(Run("ulimit -n 24;").exit_code, 0);
}

TEST_F(ProcessLimits, FewThreads) {
  bool any_failed = false;
  for (int threads = 0; threads < 12; ++threads) {
    const auto result = Run(
        "export LD_PRELOAD=" NAMESAKE_FEW_THREADS " FEW_THREADS=" + std::to_string(threads) + ";");
    if (result.exit_code == 0) continue;
    any_failed = true;
    EXPECT_THAT(result.exit_code, testing::AnyOf(2, 3)) << threads << result;
    EXPECT_THAT(result.err, HasSubstr("the limit on threads is reached")) << threads << result;
    EXPECT_THAT(result.err, Not(HasSubstr("panicked"))) << threads << result;
  }
  EXPECT_TRUE(any_failed);
}

TEST_F(ProcessLimits, LittleAddressSpace) {
  const auto result = Run("ulimit -v 3000000;");
  EXPECT_EQ(result.exit_code, 2) << result;
  EXPECT_EQ(result.err,
            "namesake: the guest can't be started: the limit on address space (ulimit -v) is 2.9 "
            "GiB, but a guest's memory alone reserves more than 4 GiB; remove it, and limit guests "
            "with --max-guest-memory instead\n");
}

TEST_F(ProcessLimits, SmallFilesLeaveTheGuestAlone) {
  const auto result = Run("ulimit -f 1;", "--cache-dir cache");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.err,
              MatchesRegex("(namesake: warning: [^\n]*/dynamic.onnx is not kept in the compiled "
                           "cache: can't write [^\n]*: File too large\n|"
                           "namesake: warning: the compiled guest is not cached: [^\n]*"
                           "File too large[^\n]*\n)+"))
      << result;
}

TEST_F(ProcessLimits, NoProc) {
  const auto result = RunAlone("mount -t tmpfs none /proc", "--cache-dir cache");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(FilesIn("cache/modules"), Not(IsEmpty()));
  EXPECT_THAT(FilesIn("cache/models"), Not(IsEmpty()));
}

TEST_F(ProcessLimits, AStartThatHangsInTheVendorsLibraryIsToldAndEnds) {
  const auto result = RunAlone("mount -t tmpfs none /proc; mount -t tmpfs none /sys", "--no-cache",
                               "openvino:" NAMESAKE_SOURCE_DIR "/tests/data/models/nameless.xml");
  EXPECT_EQ(result.exit_code, 3) << result;
  EXPECT_THAT(result.err, HasSubstr("OpenVINO hangs while it starts; /proc/self and /sys/devices "
                                    "are not there: mount them\n"))
      << result;
}

TEST_F(ProcessLimits, AWarmCacheThatCantBeWrittenIsRead) {
  ASSERT_EQ(Run("", "--cache-dir cache").exit_code, 0);
  const std::string read_only = "mount --bind cache cache; mount -o remount,bind,ro cache";
  const auto warm = RunAlone(read_only, "-vv --cache-dir cache");
  EXPECT_EQ(warm.exit_code, 0) << warm;
  EXPECT_THAT(warm.err, HasSubstr("from the compiled cache")) << warm;
  EXPECT_THAT(warm.err, Not(HasSubstr("warning"))) << warm;
  // A model missing from the cache is compiled, and one warning says that the result is not kept.
  fs::remove_all(dir_.path() / "cache/models");
  fs::create_directories(dir_.path() / "cache/models");
  fs::permissions(dir_.path() / "cache/models", fs::perms::owner_all);
  const auto cold = RunAlone(read_only, "--cache-dir cache");
  EXPECT_EQ(cold.exit_code, 0) << cold;
  EXPECT_THAT(cold.err, MatchesRegex("namesake: warning: [^\n]*/dynamic.onnx is not kept in the "
                                     "compiled cache: can't write [^\n]*: Read-only file system\n"))
      << cold;
}

TEST_F(ProcessLimits, ACacheThatCantBeMadeIsAWarning) {
  const auto result =
      RunAlone("mkdir image; mount -t tmpfs -o ro none image", "--cache-dir image/cache");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.err,
            "namesake: warning: nothing is cached: can't use image/cache/models: Read-only file "
            "system\n");
}

// The engine does not rewrite an entry that it began to write before it was killed or ran out of
// space.
TEST_F(ProcessLimits, AGuestThatAKilledProcessHasBegunToKeepIsKeptAgain) {
  ASSERT_EQ(Run("", "--cache-dir cache").exit_code, 0);
  for (const fs::path& entry : FilesIn("cache/modules")) {
    if (entry.has_extension()) continue;
    const fs::path aside = entry.string() + ".wip-atomic-write-mod";
    fs::rename(entry, aside);
    fs::last_write_time(aside, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Run("", "--cache-dir cache").err, "");
  EXPECT_TRUE(std::ranges::any_of(FilesIn("cache/modules"),
                                  [](const fs::path& file) { return !file.has_extension(); }));
}

TEST_F(ProcessLimits, ACacheDirectoryThatCantBeIsRefusedByCheckAndRunAlike) {
  dir_.Write("proc.toml", "[host]\ncache_dir = \"/proc/nope\"\n");
  const auto run = Run("", "--config proc.toml");
  EXPECT_EQ(run.exit_code, 2) << run;
  EXPECT_THAT(
      run.err,
      StartsWith("namesake: proc.toml:2:13: can't use /proc/nope as the cache directory: "));
  const auto check = test::RunProcess({NAMESAKE_COMMAND, "check", "proc.toml"},
                                      {.working_directory = dir_.path()});
  EXPECT_EQ(check.exit_code, 2) << check;
  EXPECT_THAT(check.err,
              StartsWith("proc.toml:2:13: can't use /proc/nope as the cache directory: "));
}

TEST_F(ProcessLimits, TheTemporaryFolderOfAKilledProcessIsRemovedByTheNextStart) {
  // What a process leaves behind that dies while TensorFlow's reader works.
  const fs::path root = dir_.path() / ("namesake-" + std::to_string(::geteuid()));
  fs::create_directories(root);
  fs::permissions(root, fs::perms::owner_all);
  fs::create_directories(root / "process-1-abcdef");
  std::ofstream(root / "process-1-abcdef/model.pb") << "weights";
  for (const char* const options : {"--no-cache", "--no-cache --set host.snapshot_dir=snap"}) {
    fs::create_directories(root / "process-1-abcdef");
    const bool by_file = std::string(options).contains("--set");
    if (by_file) dir_.Write("empty.toml", "");
    const auto result = Run("export TMPDIR=" + dir_.path().string() + ";",
                            std::string(by_file ? "--config empty.toml " : "") + options);
    EXPECT_EQ(result.exit_code, 0) << result;
    EXPECT_FALSE(fs::exists(root / "process-1-abcdef")) << options;
  }
}

class RunEnd : public ProcessLimits {
 protected:
  ProcessResult RunText(const std::string& guest, std::vector<std::string> options = {}) {
    options.insert(options.begin(), {NAMESAKE_COMMAND, "run", "--no-cache"});
    options.push_back(dir_.Write("g.wat", guest).string());
    return test::RunProcess(options);
  }

  // Looks up "x" `count` times.
  static std::string Lookups(int count) {
    std::string calls;
    for (int i = 0; i < count; ++i) {
      calls += "(drop (call $load_by_name (i32.const 0) (i32.const 1) (i32.const 64)))";
    }
    return R"((module
      (import "wasi_ephemeral_nn" "load_by_name"
        (func $load_by_name (param i32 i32 i32) (result i32)))
      (import "wasi_ephemeral_nn" "list_named"
        (func $list_named (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "x") (func (export "_start") )" +
           calls + "))";
  }
};

TEST_F(RunEnd, ARunWhoseGuestHadCallsRefusedSaysSo) {
  EXPECT_EQ(RunText(Lookups(0)).err, "");
  const auto one = RunText(Lookups(1));
  EXPECT_EQ(one.exit_code, 0);
  EXPECT_EQ(
      one.err,
      "namesake: 1 of the guest's calls was refused, load_by_name: not_found; -vv shows why\n");
  EXPECT_EQ(RunText(Lookups(5)).err,
            "namesake: 5 of the guest's calls were refused, the first load_by_name: not_found; -vv "
            "shows why\n");
  const auto loud = RunText(Lookups(2), {"-vv"});
  EXPECT_THAT(loud.err, testing::EndsWith("namesake: 2 of the guest's calls were refused, the "
                                          "first load_by_name: not_found\n"));
}

TEST_F(RunEnd, ToAskForASizeIsNoRefusal) {
  const std::string guest = R"((module
      (import "wasi_ephemeral_nn" "list_named"
        (func $list_named (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "_start") (drop (call $list_named (i32.const 0) (i32.const LENGTH)
                                                      (i32.const 64))))))";
  const auto with_length = [&](const std::string& length) {
    std::string text = guest;
    return text.replace(text.find("LENGTH"), 6, length);
  };
  const std::vector<std::string> model = {"--nn-preload", std::string("model:onnx:") + kModel};
  EXPECT_EQ(RunText(with_length("0"), model).err, "");
  EXPECT_EQ(RunText(with_length("1"), model).err,
            "namesake: 1 of the guest's calls was refused, list_named: too_large; -vv shows why\n");
}

TEST_F(RunEnd, AModelThatCantBeLoadedIsAWarningByDefault) {
  dir_.Write("lazy.toml", "[[models]]\nname = \"x\"\npath = \"missing.onnx\"\nload = \"lazy\"\n");
  const auto result = RunText(Lookups(2), {"--config", (dir_.path() / "lazy.toml").string()});
  EXPECT_THAT(result.err, StartsWith("namesake: warning: the model \"x\" can't be loaded for "
                                     "tenant \"default\": " +
                                     (dir_.path() / "missing.onnx").string() + " does not exist"));
  EXPECT_EQ(result.err.find("can't be loaded"), result.err.rfind("can't be loaded")) << result;
}

TEST_F(RunEnd, AGuestThatMeetsTheLimitOfItsMemoryIsTold) {
  const auto result = RunText(R"((module (memory (export "memory") 1)
    (func (export "_start") (drop (memory.grow (i32.const 100)))
                            (drop (memory.grow (i32.const 100))))))",
                              {"--max-guest-memory", "1MiB"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err,
            "namesake: warning: the guest reached the limit max_guest_memory_bytes = 1 MiB: a "
            "memory could not grow\n");
}

TEST_F(RunEnd, AComponentWhoseMemoriesBeginAboveTheLimitIsNotStarted) {
  const auto result = RunText(R"((component (core module $m (memory 100))
    (core instance (instantiate $m))
    (core module $run (func (export "run") (result i32) i32.const 0))
    (core instance $r (instantiate $run))
    (func $run (result (result)) (canon lift (core func $r "run")))
    (instance $i (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $i))))",
                              {"--max-guest-memory", "1MiB"});
  EXPECT_EQ(result.exit_code, 2) << result;
  EXPECT_EQ(result.err,
            "namesake: the guest can't be started: the guest's initial memory is above the limit "
            "max_guest_memory_bytes = 1 MiB\n");
}

TEST_F(RunEnd, AComponentThatReturnsAnErrorSaysSo) {
  const auto result = RunText(R"((component
    (core module $run (func (export "run") (result i32) i32.const 1))
    (core instance $r (instantiate $run))
    (func $run (result (result)) (canon lift (core func $r "run")))
    (instance $i (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $i))))");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.err, "namesake: the guest's run returned an error\n");
}

}  // namespace
}  // namespace namesake
