// The command, run as a process, keeps a guest from writing where the host reads or writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ProcessResult;

const fs::path kModels = fs::path(NAMESAKE_SOURCE_DIR) / "tests/data/models";

// WASI's errno for a read-only directory, and wasi-nn's for what a host does not support.
constexpr int kNotPermitted = 63;
constexpr int kUnsupportedOperation = 6;

constexpr const char* kImports = R"((module
  (import "wasi_ephemeral_nn" "register_named"
    (func $register_named (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link"
    (func $link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
)";

// Creates the file in its first directory, or opens it for writing, and exits with WASI's errno.
std::string CreateGuest(const std::string& file) {
  return kImports + ("(data (i32.const 0) \"" + file + R"(")
    (func (export "_start")
      (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const )" +
                     std::to_string(file.size()) +
                     R"() (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0)
        (i32.const 64))))))");
}

constexpr const char* kNothing = R"((module (memory (export "memory") 1)
  (func (export "_start"))))";

// The guest and the configuration are in "host"; the command runs in "cwd".
class PlacesRunTest : public testing::Test {
 protected:
  PlacesRunTest() {
    for (const char* folder : {"cwd", "store", "pub", "conf"}) fs::create_directory(Path(folder));
    fs::copy_file(kModels / "reshape_f32.onnx", Path("store/m.onnx"));
    fs::create_symlink("../store/m.onnx", Path("pub/m.onnx"));
  }

  fs::path Path(const std::string& name) const { return dir_.path() / name; }

  test::ProcessOptions Options() const {
    std::vector<std::string> environment = environment_;  // The first of two entries counts.
    environment.push_back("XDG_CACHE_HOME=" + Path("cache").string());
    return {.environment = environment, .working_directory = Path("cwd")};
  }

  ProcessResult Run(const std::string& guest, std::vector<std::string> options) const {
    options.insert(options.begin(), {NAMESAKE_COMMAND, "run"});
    options.push_back(dir_.Write("host/guest.wat", guest).string());
    return test::RunProcess(options, Options());
  }

  void Config(const std::string& text) const { dir_.Write("host/acme.toml", text); }

  static void ExpectRefused(const ProcessResult& result, const std::string& message) {
    EXPECT_EQ(result.exit_code, 2) << result;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "namesake: " + message + "\n");
  }

  static std::string ReadOnly(const std::string& directory, const std::string& what) {
    return "namesake: warning: the guest's directory " + directory +
           " is read-only because the host reads " + what +
           " there; give the guest another directory to write to\n";
  }

  test::TempDir dir_;
  // Replaces the command's own variables.
  std::vector<std::string> environment_;
};

const std::string kLazy = R"([[models]]
name = "a"
encoding = "onnx"
load = "lazy"
path = ")";

TEST_F(PlacesRunTest, AGuestCantExchangeALinkToAModel) {
  Config(kLazy + "../pub/m.onnx\"\n");
  const std::string config = Path("host/acme.toml").string();
  const auto result = test::RunProcess({NAMESAKE_COMMAND, "run", "--config", config, "--dir",
                                        "../pub::.", NAMESAKE_SOURCE_DIR "/tests/cli/swap.wat"},
                                       Options());
  EXPECT_EQ(result.exit_code, 9) << result;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            ReadOnly("../pub", "the model \"a\" (" + Path("host/../pub/m.onnx").string() + ")"));
  EXPECT_TRUE(fs::is_symlink(Path("pub/m.onnx")));
  EXPECT_EQ(Run(CreateGuest("m.onnx"), {"--config", config, "--dir", "../store"}).exit_code,
            kNotPermitted);
  EXPECT_EQ(Run(CreateGuest("new"), {"--config", config, "--dir", "."}).exit_code, 0);
}

TEST_F(PlacesRunTest, AGuestCantMakeAModelThatIsNotThereYet) {
  dir_.Write("cwd/acme.toml", kLazy + "later.onnx\"\n");
  const auto result = Run(CreateGuest("later.onnx"), {"--config", "acme.toml", "--dir", "."});
  EXPECT_EQ(result.exit_code, kNotPermitted) << result;
  EXPECT_EQ(result.err, ReadOnly(".", "the model \"a\" (later.onnx)"));
  EXPECT_FALSE(fs::exists(Path("cwd/later.onnx")));
}

TEST_F(PlacesRunTest, AGuestCantChangeItsOwnCodeOrTheConfiguration) {
  const auto code = Run(CreateGuest("guest.wat"), {"--dir", "../host"});
  EXPECT_EQ(code.exit_code, kNotPermitted) << code;
  EXPECT_EQ(code.err,
            ReadOnly("../host", "the guest itself (" + Path("host/guest.wat").string() + ")"));
  dir_.Write("conf/acme.toml", "");
  const auto config =
      Run(CreateGuest("acme.toml"), {"--config", "../conf/acme.toml", "--dir", "../conf"});
  EXPECT_EQ(config.exit_code, kNotPermitted) << config;
  EXPECT_EQ(config.err, ReadOnly("../conf", "the configuration (../conf/acme.toml)"));
}

TEST_F(PlacesRunTest, AGuestCantChangeTheProgramOrItsLibraries) {
  fs::create_symlink(NAMESAKE_COMMAND, Path("pub/namesake"));
  const auto run = [&](const std::string& command, const char* dir) {
    return test::RunProcess(
               {command, "run", "--dir", dir, dir_.Write("host/guest.wat", CreateGuest("new"))},
               Options())
        .exit_code;
  };
  EXPECT_EQ(run(Path("pub/namesake"), "../pub"), kNotPermitted);
  environment_ = {"LD_LIBRARY_PATH=" + Path("store").string()};
  EXPECT_EQ(run(NAMESAKE_COMMAND, "../store"), kNotPermitted);
  EXPECT_EQ(run(NAMESAKE_COMMAND, "."), 0);
}

// They run before a worker's sandbox closes.
TEST_F(PlacesRunTest, AGuestCantChangeTheProgramsOfBackendsOrTheirLibraries) {
  const fs::path programs = fs::path(NAMESAKE_BINARY_DIR) / "libexec/namesake";
  const fs::path libraries = fs::path(NAMESAKE_DEPS_DIR) / "openvino/openvino/libs";
  const fs::path others = fs::path(NAMESAKE_DEPS_DIR) / "onnxruntime/onnxruntime/capi";
  for (const fs::path& place : {programs, libraries, others}) {
    const auto result = Run(CreateGuest("new"), {"--dir", place.string()});
    EXPECT_EQ(result.exit_code, kNotPermitted) << result;
    EXPECT_EQ(result.err, ReadOnly(place.string(), "the backends' programs and libraries (" +
                                                       place.string() + ")"));
  }
  fs::create_directory(Path("programs"));
  environment_ = {"NAMESAKE_BACKEND_DIR=" + Path("programs").string()};
  EXPECT_EQ(Run(CreateGuest("new"), {"--dir", "../programs"}).exit_code, kNotPermitted);
}

// Otherwise the guest would have the model under its own name, in a directory that it may write to.
TEST_F(PlacesRunTest, AGuestCantLinkAModelIntoAnotherDirectory) {
  const auto result =
      Run(std::string(kImports) + R"((data (i32.const 0) "m.onnx")
    (func (export "_start")
      (call $exit (call $link (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 4)
                              (i32.const 0) (i32.const 6))))))",
          {"--nn-preload", "a:onnx:../store/m.onnx", "--dir", "../store", "--dir", "."});
  EXPECT_EQ(result.exit_code, kNotPermitted) << result;
  EXPECT_FALSE(fs::exists(Path("cwd/m.onnx")));
}

// The cache holds native code for the next start.
TEST_F(PlacesRunTest, AChosenCacheMayNotLieWhereTheGuestWrites) {
  const std::string guest = CreateGuest("cache/modules/evil");
  const std::string lets = "the guest's directory . would let it write to ";
  ExpectRefused(Run(guest, {"--dir", ".", "--cache-dir", "cache"}),
                lets +
                    "cache, where the host keeps its cache; choose another --cache-dir "
                    "or another directory for the guest");
  EXPECT_FALSE(fs::exists(Path("cwd/cache")));
  Config("host.cache_dir = \"../cwd/cache\"\n");
  const std::string config = Path("host/acme.toml").string();
  ExpectRefused(Run(guest, {"--dir", ".", "--config", config}),
                lets + Path("host/../cwd/cache").string() +
                    ", where the host keeps its cache; choose another cache_dir or another "
                    "directory for the guest");
  // The guest can change the link, wherever it leads.
  fs::create_directory(Path("elsewhere"));
  fs::create_symlink("../elsewhere", Path("cwd/cache"));
  ExpectRefused(Run(guest, {"--dir", ".", "--cache-dir", "cache"}),
                lets +
                    "cache, where the host keeps its cache; choose another --cache-dir "
                    "or another directory for the guest");
  // The same goes for the target of the folder "modules".
  fs::create_directory_symlink("../cwd", Path("elsewhere/modules"));
  ExpectRefused(Run(guest, {"--dir", ".", "--cache-dir", "../elsewhere"}),
                lets +
                    "../elsewhere/modules, where the host keeps its cache; choose "
                    "another --cache-dir or another directory for the guest");
  EXPECT_EQ(Run(kNothing, {"--dir", ".", "--cache-dir", "../cache"}).exit_code, 0);
}

TEST_F(PlacesRunTest, ADefaultCacheIsDoneWithoutWhereTheGuestWrites) {
  environment_ = {"XDG_CACHE_HOME=", "HOME=" + Path("cwd").string()};
  const auto result = Run(CreateGuest("new"), {"--dir", "."});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.err, "namesake: warning: the guest's directory . would let it write to " +
                            Path("cwd/.cache/namesake").string() +
                            ", where the host keeps its cache; this run does not use it\n");
  EXPECT_FALSE(fs::exists(Path("cwd/.cache")));
  EXPECT_EQ(Run(CreateGuest("new"), {"--no-cache", "--dir", "."}).err, "");
}

TEST_F(PlacesRunTest, CopiesMayNotLieWhereTheGuestWrites) {
  const auto refuse = [&](const std::string& snapshot_dir) {
    Config("");
    ExpectRefused(Run(kNothing, {"--config", Path("host/acme.toml"), "--set",
                                 "host.snapshot_dir=" + snapshot_dir, "--dir", "."}),
                  "the guest's directory . would let it write to " + snapshot_dir +
                      ", where the host keeps its copies of models; choose another snapshot_dir or "
                      "another directory for the guest");
  };
  refuse("copies");
  refuse(Path("cwd/deep/copies").string());
  refuse("../store/../cwd/copies");
}

// Registers /m/m.onnx as "mine", and exits with the errno.
const std::string kRegister = std::string(kImports) + R"(
  (data (i32.const 64) "mine")
  (data (i32.const 72) "/m/m.onnx")
  (func (export "_start")
    (call $exit (call $register_named (i32.const 64) (i32.const 4) (i32.const 1) (i32.const 0)
                                      (i32.const 72) (i32.const 9))))))";

TEST_F(PlacesRunTest, WithoutADirectoryForTemporaryFilesThereAreNoCopies) {
  const auto run = [&](const std::string& directory) {
    environment_ = {"TMPDIR=" + directory};
    const auto result = Run(kRegister, {"--guest-register", "instance", "--dir", "../store::/m"});
    EXPECT_TRUE(fs::is_empty(Path("cwd")));
    return result;
  };
  EXPECT_EQ(run(Path("pub")).exit_code, 0);
  for (const auto& [directory, is] :
       {std::pair("/nowhere", "not a directory"), std::pair("here", "not an absolute path")}) {
    const auto result = run(directory);
    EXPECT_EQ(result.exit_code, kUnsupportedOperation) << result;
    EXPECT_EQ(result.err,
              "namesake: warning: guests can't register models by path: TMPDIR is " +
                  std::string(directory) + ", which is " + is +
                  "; set it to the absolute path of a directory, or unset it to use /tmp\n"
                  "namesake: 1 of the guest's calls was refused, register_named: unsupported; -vv "
                  "shows why\n");
  }
}

TEST_F(PlacesRunTest, ChosenTemporaryFilesMayNotLieWhereTheGuestWrites) {
  environment_ = {"TMPDIR=" + Path("cwd").string()};
  ExpectRefused(Run(kNothing, {"--dir", "."}),
                "the guest's directory . would let it write to " + Path("cwd/namesake-").string() +
                    std::to_string(::geteuid()) +
                    ", where the host keeps its temporary files; choose another TMPDIR or another "
                    "directory for the guest");
  environment_ = {"TMPDIR=" + dir_.path().string()};
  EXPECT_EQ(Run(CreateGuest("new"), {"--dir", "."}).exit_code, 0);
}

// Says "started", waits until a file "end" exists, and exits.
constexpr const char* kWait = R"(
  (data (i32.const 64) "end")
  (data (i32.const 72) "started\n")
  (func (export "_start")
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 10000000))
    (i32.store (i32.const 80) (i32.const 72))
    (i32.store (i32.const 84) (i32.const 8))
    (drop (call $write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 88)))
    (loop $again
      (drop (call $poll (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 3072)))
      (br_if $again (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3)
                                (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0)
                                (i32.const 96))))))
)";

TEST_F(PlacesRunTest, AReloadThatBringsAModelWithinReachIsRefused) {
  dir_.Write("host/guest.wat", std::string(kImports) + kWait);
  Config(kLazy + "../pub/m.onnx\"\n");
  dir_.Write("host/inside.toml", kLazy + "../cwd/m.onnx\"\n");
  // First through the file, then through a link that the file does not mention.
  const auto result = test::RunProcess(
      {"sh", "-c",
       std::string(">../out; >../err\n") + NAMESAKE_COMMAND +
           " run --config ../host/acme.toml --guest-timeout 50s --dir . ../host/guest.wat >../out "
           "2>../err & pid=$!\n"
           "until grep -q started ../out; do sleep 0.02; done\n"
           "reload() { kill -HUP $pid\n"
           "  until [ $(grep -c 'did not reload' ../err) = $1 ]; do sleep 0.02; done; }\n"
           "cp ../host/acme.toml ../right.toml; cp ../host/inside.toml ../host/acme.toml; reload "
           "1\n"
           "cp ../right.toml ../host/acme.toml; ln -sf ../cwd/m.onnx ../pub/m.onnx; reload 2\n"
           "touch end; wait $pid; code=$?; cat ../err >&2; exit $code"},
      Options());
  EXPECT_EQ(result.exit_code, 0) << result;
  const auto refused = [](const std::string& path) {
    return "namesake: ../host/acme.toml: the model \"a\" (" + path +
           ") is in ., which the guest can write to\n"
           "namesake: did not reload ../host/acme.toml: 1 problem; nothing was changed\n";
  };
  EXPECT_EQ(result.err, refused("../host/../cwd/m.onnx") + refused("../host/../pub/m.onnx"));
}

}  // namespace
}  // namespace namesake
