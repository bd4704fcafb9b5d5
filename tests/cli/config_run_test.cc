// The command with a configuration file, run as a process: tenants, overrides, limits and reloads.
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
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const fs::path kModels = fs::path(NAMESAKE_SOURCE_DIR) / "tests/data/models";

// Errnos of wasi-nn.
constexpr int kTooLarge = 7;
constexpr int kNotFound = 8;
constexpr int kUnsupportedOperation = 6;

constexpr const char* kImports = R"((module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "describe" (func $describe (param i32 i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "unload" (func $unload (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "register_named"
    (func $register_named (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
)";

// Looks up a name twice and exits with the second errno.
std::string LookupGuest(const std::string& name) {
  const std::string call = "(call $load_by_name (i32.const 64) (i32.const " +
                           std::to_string(name.size()) + ") (i32.const 1024))";
  return kImports + ("(data (i32.const 64) \"" + name + "\") (func (export \"_start\") (drop " +
                     call + ") (call $exit " + call + ")))");
}

// Exits with 0 when the description of the model "a" changes its length, and with 1 if "a" can't be
// looked up. Says "started" after the first look; looks every 10 ms.
constexpr const char* kWatch = R"(
  (data (i32.const 64) "a")
  (data (i32.const 72) "started\n")
  (func $print
    (i32.store (i32.const 80) (i32.const 72))
    (i32.store (i32.const 84) (i32.const 8))
    (drop (call $write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 88))))
  (func (export "_start") (local $first i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 10000000))
    (loop $again
      (if (call $load_by_name (i32.const 64) (i32.const 1) (i32.const 1024))
        (then (call $exit (i32.const 1))))
      (if (call $describe (i32.load (i32.const 1024)) (i32.const 4096) (i32.const 4096)
                          (i32.const 1032))
        (then (call $exit (i32.const 2))))
      (drop (call $unload (i32.load (i32.const 1024))))
      (if (i32.eqz (local.get $first))
        (then
          (local.set $first (i32.load (i32.const 1032)))
          (call $print)))
      (if (i32.ne (local.get $first) (i32.load (i32.const 1032)))
        (then (call $exit (i32.const 0))))
      (drop (call $poll (i32.const 0) (i32.const 2048) (i32.const 1) (i32.const 3072)))
      (br $again))))
)";

class ConfigRunTest : public testing::Test {
 protected:
  ConfigRunTest() {
    CopyModel("reshape_f32", "a.onnx");
    CopyModel("scalar", "b.onnx");
  }

  void CopyModel(const std::string& model, const std::string& name) const {
    fs::copy_file(kModels / (model + ".onnx"), dir_.path() / name,
                  fs::copy_options::overwrite_existing);
  }

  test::ProcessOptions Options() const {
    return {.environment = {"XDG_CACHE_HOME=" + (dir_.path() / "cache").string()},
            .working_directory = dir_.path()};
  }

  ProcessResult Namesake(std::vector<std::string> args) const {
    args.insert(args.begin(), NAMESAKE_COMMAND);
    return test::RunProcess(args, Options());
  }

  // `namesake run --config acme.toml OPTIONS… guest.wat`
  ProcessResult Run(const std::string& guest, std::vector<std::string> options) const {
    options.insert(options.begin(), {"run", "--config", "acme.toml"});
    options.push_back(dir_.Write("guest.wat", guest).string());
    return Namesake(options);
  }

  // Starts the watching guest with acme.toml as "$pid" in a shell, with its standard output and
  // error in the files "out" and "err", and runs the script once the guest has started.
  ProcessResult Watch(const std::string& script) const {
    dir_.Write("guest.wat", std::string(kImports) + kWatch);
    return test::RunProcess(
        {"sh", "-c",
         std::string(">out; >err; await() { until grep -q \"$1\" $2; do sleep 0.02; done; }\n") +
             NAMESAKE_COMMAND +
             " run --config acme.toml --guest-timeout 50s guest.wat >out 2>err & pid=$!\n"
             "await started out\n" +
             script + "\nwait $pid; code=$?; cat err >&2; exit $code"},
        Options());
  }

  void Config(const std::string& text) const { dir_.Write("acme.toml", text); }

  static void ExpectRefused(const ProcessResult& result, const std::string& message) {
    EXPECT_EQ(result.exit_code, 2) << result;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, message);
  }

  test::TempDir dir_;
};

const std::string kTwoTenants = R"(
[[models]]
name = "a"
path = "a.onnx"
[[models]]
name = "b"
encoding = "onnx"
path = "b.onnx"
load = "lazy"
[tenants.acme]
grants = [{ model = "a", as = "x" }]
[tenants.zeta]
grants = ["b"]
)";

TEST_F(ConfigRunTest, AGuestSeesWhatItsTenantIsGrantedByTheNameItHasThere) {
  Config(kTwoTenants);
  const auto look_up = [&](const std::string& tenant, const std::string& name) {
    return Run(LookupGuest(name), {"--tenant", tenant}).exit_code;
  };
  EXPECT_EQ(look_up("acme", "x"), 0);
  EXPECT_EQ(look_up("acme", "a"), kNotFound);
  EXPECT_EQ(look_up("acme", "b"), kNotFound);
  EXPECT_EQ(look_up("zeta", "b"), 0);
  EXPECT_EQ(look_up("zeta", "x"), kNotFound);
}

TEST_F(ConfigRunTest, ATenantMustBeChosenWhereThereAreSeveral) {
  Config(kTwoTenants);
  ExpectRefused(Run(LookupGuest("x"), {}),
                "namesake: acme.toml: there are several tenants; choose one of: acme, zeta\n");
  ExpectRefused(Run(LookupGuest("x"), {"--tenant", "bolt"}),
                "namesake: --tenant: unknown tenant \"bolt\"; expected one of: acme, zeta\n");
  Config("[[models]]\nname = \"a\"\npath = \"a.onnx\"\n[tenants.only]\ngrants = [\"a\"]\n");
  EXPECT_EQ(Run(LookupGuest("a"), {}).exit_code, 0);
  const auto alone = Namesake({"run", "--tenant", "acme", "guest.wat"});
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_THAT(alone.err, HasSubstr("run: --tenant needs --config"));
}

TEST_F(ConfigRunTest, AnOverrideTakesThePlaceOfWhatTheFileSays) {
  Config(kTwoTenants);
  const auto result =
      Run(LookupGuest("b"), {"--tenant", "acme", "--set", "tenants.acme.grants=[\"b\"]"});
  EXPECT_EQ(result.exit_code, 0) << result;
  ExpectRefused(
      Run(LookupGuest("b"), {"--tenant", "acme", "--set", "tenants.acme.grnts=[]"}),
      "namesake: --set tenants.acme.grnts=[]: unknown setting \"grnts\" in [tenants.acme]; did "
      "you mean \"grants\"?\n");
}

TEST_F(ConfigRunTest, OnlyEagerModelsThatTheTenantSeesMustBeThere) {
  const std::string text = R"(
[[models]]
name = "broken"
encoding = "onnx"
path = "gone.onnx"
[[models]]
name = "lazy"
encoding = "onnx"
path = "gone.onnx"
load = "lazy"
[tenants.acme]
grants = ["lazy"]
[tenants.zeta]
grants = ["broken"]
)";
  Config(text);
  EXPECT_EQ(Run(LookupGuest("x"), {"--tenant", "acme"}).exit_code, kNotFound);
  const auto result = Run(LookupGuest("x"), {"--tenant", "zeta"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err, "namesake: acme.toml:5:8: model \"broken\": gone.onnx does not exist\n");
}

TEST_F(ConfigRunTest, AModelOfAnOptionReplacesTheFilesAndIsGranted) {
  Config("[[models]]\nname = \"a\"\nencoding = \"onnx\"\npath = \"gone.onnx\"\n[tenants.acme]\n");
  EXPECT_EQ(Run(LookupGuest("a"), {}).exit_code, kNotFound);
  const auto result = Run(LookupGuest("a"), {"--nn-preload", "a:onnx:a.onnx"});
  EXPECT_EQ(result.exit_code, 0) << result;
}

TEST_F(ConfigRunTest, ABackendThatIsNotThereIsNamedWithThoseThatAre) {
  Config("host.backends = [\"libtorch\"]");
  ExpectRefused(Run(LookupGuest("a"), {}),
                "namesake: acme.toml:1:18: unknown backend \"libtorch\"; expected one of: "
                "onnxruntime, openvino\n");
}

TEST_F(ConfigRunTest, LimitsOfTheFileHoldAndOptionsTakeTheirPlace) {
  Config(
      "[[models]]\nname = \"a\"\npath = \"a.onnx\"\n[tenants.acme]\ngrants = [\"a\"]\n"
      "instance_limits.max_graphs = 1\n");
  EXPECT_EQ(Run(LookupGuest("a"), {}).exit_code, kTooLarge);
  EXPECT_EQ(Run(LookupGuest("a"), {"--limit", "max_graphs=2"}).exit_code, 0);
  ExpectRefused(Run(LookupGuest("a"), {"--limit", "max_graphs=0"}),
                "namesake: --limit max_graphs=0: max_graphs must be at least 1, not 0\n");
  ExpectRefused(Run(LookupGuest("a"), {"--limit", "max_graphs"}),
                "namesake: --limit max_graphs: expected NAME=VALUE\n");
}

TEST_F(ConfigRunTest, TheTenantsTimeAndMemoryHoldForTheGuest) {
  Config(
      "[tenants.acme.instance_limits]\nguest_timeout = \"50 ms\"\n"
      "max_guest_memory_bytes = \"1 MiB\"\n");
  const std::string spin =
      "(module (memory (export \"memory\") 1) (func (export \"_start\") "
      "(loop $again (br $again))))";
  const auto stopped = Run(spin, {});
  EXPECT_EQ(stopped.exit_code, 134);
  EXPECT_THAT(stopped.err, HasSubstr("after its guest_timeout of 50 ms"));
  EXPECT_THAT(Run(spin, {"--guest-timeout", "60 ms"}).err, HasSubstr("guest_timeout of 60 ms"));
  EXPECT_THAT(Run("(module (memory (export \"memory\") 17) (func (export \"_start\")))", {}).err,
              HasSubstr("max_guest_memory_bytes = 1 MiB"));
}

// Registers /m/b.onnx as "mine", and exits with the errno of that or of the following lookup.
std::string RegisterGuest() {
  return std::string(kImports) + R"(
  (data (i32.const 64) "mine")
  (data (i32.const 72) "/m/b.onnx")
  (func (export "_start") (local $error i32)
    (local.set $error (call $register_named (i32.const 64) (i32.const 4) (i32.const 1)
                            (i32.const 0) (i32.const 72) (i32.const 9)))
    (if (local.get $error) (then (call $exit (local.get $error))))
    (call $exit (call $load_by_name (i32.const 64) (i32.const 4) (i32.const 1024))))))";
}

TEST_F(ConfigRunTest, AGuestRegistersAModelOfItsDirectoryWhereItMay) {
  fs::create_directory(dir_.path() / "m");
  CopyModel("scalar", "m/b.onnx");
  const std::string guest = dir_.Write("guest.wat", RegisterGuest()).string();
  const auto run = [&](std::vector<std::string> options) {
    options.insert(options.begin(), "run");
    options.insert(options.end(), {"--dir", "m::/m", guest});
    return Namesake(options).exit_code;
  };
  EXPECT_EQ(run({}), kUnsupportedOperation);
  EXPECT_EQ(run({"--guest-register", "instance"}), 0);
  EXPECT_EQ(run({"--guest-register", "tenant"}), 0);
  Config("[tenants.acme]\nguest_register = \"instance\"\n");
  EXPECT_EQ(run({"--config", "acme.toml"}), 0);
  EXPECT_EQ(run({"--config", "acme.toml", "--guest-register", "no"}), kUnsupportedOperation);
  ExpectRefused(Namesake({"run", "--guest-register", "maybe", guest}),
                "namesake: --guest-register maybe: expected no, instance or tenant\n");
}

TEST_F(ConfigRunTest, TheHostsCopiesMayNotLieWhereTheGuestWrites) {
  Config("host.snapshot_dir = \"work/copies\"\n[tenants.acme]\nguest_register = \"instance\"\n");
  fs::create_directories(dir_.path() / "work/copies/deep");
  for (const char* dir : {"work", "work/copies", "work/copies/deep"}) {
    ExpectRefused(
        Run(LookupGuest("a"), {"--dir", dir}),
        "namesake: the guest's directory " + std::string(dir) +
            " would let it write to work/copies, where the host keeps its copies of models; "
            "choose another snapshot_dir or another directory for the guest\n");
  }
  // The guest itself is in that directory, so it can't write there.
  EXPECT_EQ(Run(LookupGuest("a"), {"--dir", "."}).exit_code, kNotFound);
  fs::create_directory(dir_.path() / "other");
  EXPECT_EQ(Run(LookupGuest("a"), {"--dir", "other"}).exit_code, kNotFound);
}

TEST_F(ConfigRunTest, ADirectoryWithAModelOfAnyTenantIsReadOnlyForTheGuest) {
  for (const char* folder : {"host", "own", "free"}) fs::create_directory(dir_.path() / folder);
  CopyModel("scalar", "host/m.onnx");
  CopyModel("scalar", "own/m.onnx");
  Config(R"(
[[models]]
name = "a"
path = "host/m.onnx"
load = "lazy"
[tenants.acme]
[tenants.zeta]
[[tenants.zeta.models]]
name = "own"
path = "own/m.onnx"
load = "lazy"
)");
  // Creates the file "new" in its directory, and exits with WASI's errno.
  const std::string guest = std::string(kImports) + R"(
    (data (i32.const 0) "new")
    (func (export "_start")
      (call $exit (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1)
                              (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 64))))))";
  const auto create_in = [&](const std::string& folder) {
    return Run(guest, {"--tenant", "acme", "--dir", folder}).exit_code;
  };
  EXPECT_EQ(create_in("free"), 0);
  EXPECT_EQ(create_in("host"), 63);  // EPERM
  EXPECT_EQ(create_in("own"), 63);
}

TEST_F(ConfigRunTest, CheckTellsAllProblemsAndLoadsNothing) {
  Config(kTwoTenants);
  const auto fine = Namesake({"check", "acme.toml"});
  EXPECT_EQ(fine.exit_code, 0) << fine;
  EXPECT_EQ(fine.out, "acme.toml: 2 models, 2 tenants, no problems\n");
  EXPECT_EQ(fine.err, "");
  EXPECT_EQ(Namesake({"check", "--config", "acme.toml"}).out, fine.out);
  Config("[host.limits]\nmax_modles = 3\n[tenants.acme]\ngrants = [\"c\"]\n");
  ExpectRefused(Namesake({"check", "acme.toml", "--set", "host.failed_load_ttl=5"}),
                "acme.toml:2:1: unknown setting \"max_modles\" in [host.limits]; did you mean "
                "\"max_models\"?\n"
                "acme.toml:4:11: the host has no model \"c\" to grant\n"
                "--set host.failed_load_ttl=5: failed_load_ttl must be a duration such as \"250 "
                "ms\", not an integer\n");
  ExpectRefused(Namesake({"check", "gone.toml"}), "gone.toml: No such file or directory\n");
}

// Problems that only the machine, the backends or the files show, together with those of the text.
TEST_F(ConfigRunTest, CheckFindsWhatARunWouldRefuse) {
  dir_.Write("hello.txt", "hello");
  Config(R"([host]
cache_dir = "hello.txt"
snapshot_dir = "hello.txt/copies"
chache_dir = "c"
[host.limits]
max_model_bytes = "100 B"
[[models]]
name = "a"
path = "a.onnx"
backend = "openvno"
[[models]]
name = "b"
path = "gone.onnx"
encoding = "ggml"
options = { inference_precison = "f32", threads = 0 }
[[models]]
name = "c"
path = "hello.txt"
encoding = "onnx"
[[tenants.acme.models]]
name = "d"
path = "b.onnx"
encoding = "openvino"
options = { inference_precision = "f33" }
)");
  ExpectRefused(
      Namesake({"check", "acme.toml"}),
      "acme.toml:2:13: can't use hello.txt as the cache directory: Not a directory\n"
      "acme.toml:3:16: can't use hello.txt/copies for copies of guests' models: Not a directory\n"
      "acme.toml:4:1: unknown setting \"chache_dir\" in [host]; did you mean \"cache_dir\"?\n"
      "acme.toml:9:8: model \"a\": a model of 101 B is above max_model_bytes = 100 B of the host\n"
      "acme.toml:10:11: model \"a\": unknown backend \"openvno\"; did you mean \"openvino\"?\n"
      "acme.toml:13:8: model \"b\": gone.onnx does not exist\n"
      "acme.toml:14:12: model \"b\": no backend serves the encoding ggml; encodings served: onnx, "
      "openvino, tensorflow, tensorflowlite\n"
      "acme.toml:19:12: model \"c\": hello.txt is plain text, not a model; give the model file, "
      "or download it again\n"
      "acme.toml:23:12: model \"d\" of tenant \"acme\": b.onnx is an ONNX model, not an OpenVINO "
      "IR; set "
      "its encoding to onnx\n"
      "acme.toml:24:13: model \"d\" of tenant \"acme\": option \"inference_precision\" of the "
      "openvino backend can't be \"f33\"; expected f32, f16 or bf16\n");
}

TEST_F(ConfigRunTest, ARunTellsThePlaceOfWhatItRefuses) {
  dir_.Write("hello.txt", "hello");
  const std::string model = "[[models]]\nname = \"a\"\nencoding = \"onnx\"\npath = \"a.onnx\"\n";
  const auto refused = [&](const std::string& text, int exit_code, const std::string& error) {
    Config(text);
    const auto result = Run(LookupGuest("a"), {});
    EXPECT_EQ(result.exit_code, exit_code) << result;
    EXPECT_EQ(result.err, "namesake: acme.toml:" + error + "\n");
  };
  refused(
      model + "options = { threads = 0 }\n", 3,
      "5:13: model \"a\": option \"threads\" of the onnxruntime backend can't be \"0\"; expected "
      "an integer from 1 to 4096");
  refused(model + "backend = \"openvno\"\n", 2,
          "5:11: model \"a\": unknown backend \"openvno\"; did you mean \"openvino\"?");
}

TEST_F(ConfigRunTest, ARunTellsThePlaceOfADirectoryThatCantBeUsed) {
  dir_.Write("hello.txt", "hello");
  Config("host.cache_dir = \"hello.txt\"\n");
  const std::string reason = "can't use hello.txt as the cache directory: Not a directory\n";
  ExpectRefused(Run(LookupGuest("a"), {}), "namesake: acme.toml:1:18: " + reason);
  ExpectRefused(Namesake({"models", "--config", "acme.toml", "--load"}),
                "namesake: acme.toml:1:18: " + reason);
  ExpectRefused(Run(LookupGuest("a"), {"--cache-dir", "hello.txt"}),
                "namesake: --cache-dir: " + reason);
  Config("host.snapshot_dir = \"hello.txt\"\n");
  ExpectRefused(Run(LookupGuest("a"), {}),
                "namesake: acme.toml:1:21: can't use hello.txt for copies of guests' models: Not a "
                "directory\n");
}

TEST_F(ConfigRunTest, ModelsAreListedAsATenantSeesThem) {
  Config(kTwoTenants + R"(
[[tenants.zeta.models]]
name = "own"
encoding = "onnx"
path = "gone.onnx"
)");
  const auto all = Namesake({"models", "acme.toml"});
  EXPECT_EQ(Namesake({"models", "--config", "acme.toml"}).out, all.out);
  EXPECT_EQ(all.exit_code, 0) << all;
  EXPECT_EQ(all.out,
            "tenant acme\n"
            "NAME  FROM       ENCODING    TARGET  STATE       SIZE\n"
            "x     host as a  autodetect  cpu     registered  " +
                std::to_string(fs::file_size(dir_.path() / "a.onnx")) +
                " bytes\n\ntenant zeta\n"
                "NAME  FROM    ENCODING  TARGET  STATE       SIZE\n"
                "b     host    onnx      cpu     registered  " +
                std::to_string(fs::file_size(dir_.path() / "b.onnx")) +
                " bytes\nown   tenant  onnx      cpu     missing     ?\n\nown: gone.onnx does not "
                "exist\n");
  EXPECT_FALSE(fs::exists(dir_.path() / "cache"));
  const auto loaded = Namesake({"models", "--config", "acme.toml", "--tenant", "acme", "--load"});
  EXPECT_EQ(loaded.exit_code, 0) << loaded;
  EXPECT_THAT(loaded.out, HasSubstr("LOADED IN\nx     host as a  onnx      cpu     ready"));
  const auto failed = Namesake({"models", "--config", "acme.toml", "--load"});
  EXPECT_EQ(failed.exit_code, 3) << failed;
  EXPECT_THAT(failed.out, EndsWith("failed  ?\n\nown: gone.onnx does not exist\n"));
  ExpectRefused(Namesake({"models", "--config", "acme.toml", "--tenant", "bolt"}),
                "namesake: --tenant: unknown tenant \"bolt\"; expected one of: acme, zeta\n");
}

TEST_F(ConfigRunTest, ModelsAreListedForPrograms) {
  Config(kTwoTenants);
  const auto result = Namesake({"models", "--config", "acme.toml", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result;
  const auto expected = nlohmann::json::parse(R"({"tenants": {
    "acme": [{"name": "x", "from": "host", "own_name": "a", "encoding": "autodetect",
              "target": "cpu", "load": "eager", "state": "registered", "bytes": 101}],
    "zeta": [{"name": "b", "from": "host", "own_name": "b", "encoding": "onnx",
              "target": "cpu", "load": "lazy", "state": "registered", "bytes": 0}]}})");
  auto listed = nlohmann::json::parse(result.out);
  EXPECT_EQ(listed["tenants"]["zeta"][0]["bytes"], fs::file_size(dir_.path() / "b.onnx"));
  listed["tenants"]["zeta"][0]["bytes"] = 0;
  EXPECT_EQ(listed, expected);
  fs::remove(dir_.path() / "a.onnx");
  const auto missing = Namesake({"models", "--config", "acme.toml", "--json"});
  EXPECT_EQ(missing.exit_code, 0) << missing;
  const auto model = nlohmann::json::parse(missing.out)["tenants"]["acme"][0];
  EXPECT_EQ(model["state"], "missing");
  EXPECT_EQ(model["bytes"], nullptr);
  EXPECT_EQ(model["unmeasured"], "a.onnx does not exist");
}

TEST_F(ConfigRunTest, SettingsAreReadableInATerminal) {
  const auto result = Namesake({"settings"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, StartsWith("the file\n  host: table\n    The host itself.\n"));
  EXPECT_THAT(result.out, HasSubstr("\n\n[host]\n  cache_dir: path\n"));
  EXPECT_THAT(result.out, HasSubstr("\n\n[[models]] and [[tenants.NAME.models]]\n  name: "));
  EXPECT_THAT(result.out, testing::Not(HasSubstr("`")));
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST_F(ConfigRunTest, OneSettingOrTableIsListed) {
  const auto result = Namesake({"settings", "tenants.acme.instance_limits.max_contexts"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, StartsWith("[tenants.NAME.instance_limits]\n  max_contexts: "));
  EXPECT_EQ(std::ranges::count(result.out, '\n'), 3);
  EXPECT_EQ(Namesake({"settings", "max_contexts"}).out, result.out);
  ExpectRefused(Namesake({"settings", "max_contxts"}),
                "namesake: settings: unknown setting \"max_contxts\"; did you mean "
                "\"max_contexts\"?\n");
  for (const char* key : {"", ".", "[[]]", "host.frobnicate"}) {
    ExpectRefused(Namesake({"settings", key}), "namesake: settings: unknown setting \"" +
                                                   std::string(key) +
                                                   "\"; namesake settings lists them all\n");
  }
}

TEST_F(ConfigRunTest, SettingsAreThoseOfTheDocument) {
  const auto result = Namesake({"settings", "--markdown"});
  EXPECT_EQ(result.exit_code, 0);
  std::ifstream file(fs::path(NAMESAKE_SOURCE_DIR) / "docs/configuration.md");
  const std::string document(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(result.out, StartsWith("### the file\n"));
  EXPECT_THAT(document, EndsWith(result.out));
}

const std::string kWatched = "[[models]]\nname = \"a\"\nencoding = \"onnx\"\npath = \"a.onnx\"\n";

TEST_F(ConfigRunTest, AHangupExchangesAModelWhileTheGuestRuns) {
  Config(kWatched + "[[models]]\nname = \"gone\"\npath = \"b.onnx\"\nload = \"lazy\"\n");
  CopyModel("reshape_u8", "new.onnx");
  // The guest waits for the last step of the reload, since the reload ends with the guest.
  dir_.Write("new.toml",
             "[host.limits]\nmax_models = 7\n[[models]]\nname = \"c\"\n"
             "path = \"b.onnx\"\n" +
                 kWatched);
  const auto result = Watch("mv new.onnx a.onnx; mv new.toml acme.toml; kill -HUP $pid");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(
      result.err,
      "namesake: warning: acme.toml: model \"a\": its inputs changed from x f32 [2,1,3] to x u8 "
      "[2,1,3]; its outputs changed from y f32 [2,3] to y u8 [2,3]\n"
      "namesake: warning: acme.toml: the change to the host's limits takes effect at the "
      "next start\n"
      "namesake: reloaded acme.toml: 1 replaced, 1 added, 1 removed, 0 failed\n");
}

// A file looks like this while an editor writes it, so its tenant is missing as well.
TEST_F(ConfigRunTest, AFileThatHasBecomeEmptyChangesNothing) {
  Config("[tenants.acme]\nhost_models = \"all\"\n" + kWatched);
  CopyModel("reshape_u8", "new.onnx");
  const auto result = Watch(
      "cp acme.toml whole; : > acme.toml; kill -HUP $pid; await 'did not reload' err\n"
      "mv new.onnx a.onnx; mv whole acme.toml; kill -HUP $pid");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.err,
              StartsWith("namesake: did not reload acme.toml: it lists no models but listed 1 "
                         "before; to remove them all, write models = [] in it; nothing "
                         "was changed\n"));
}

TEST_F(ConfigRunTest, AReloadThatFailsKeepsTheOldModels) {
  Config(kWatched);
  dir_.Write("broken.toml", "[[models]]\nname = 3\n[tenants.acme]\ngrnts = []\n");
  dir_.Write("right.toml", kWatched);
  dir_.Write("broken.onnx", "\x01 broken");
  CopyModel("reshape_u8", "new.onnx");
  const auto result = Watch(
      "mv broken.toml acme.toml; kill -HUP $pid; await 'did not reload' err\n"
      "mv right.toml acme.toml; mv broken.onnx a.onnx; kill -HUP $pid; await '1 failed' err\n"
      "mv new.onnx a.onnx; kill -HUP $pid");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.err, HasSubstr("did not reload acme.toml: "));
  EXPECT_THAT(result.err, HasSubstr("namesake: acme.toml:4:1: unknown setting \"grnts\""));
  EXPECT_THAT(result.err, HasSubstr("namesake: warning: acme.toml:3:12: kept the old model \"a\": "
                                    "a.onnx is not an ONNX model\n"));
  EXPECT_THAT(result.err,
              EndsWith("reloaded acme.toml: 1 replaced, 0 added, 0 removed, 0 failed\n"));
}

TEST_F(ConfigRunTest, AHangupWithoutAConfigurationEndsTheCommand) {
  dir_.Write("guest.wat", std::string(kImports) + kWatch);
  const auto result = test::RunProcess(
      {"sh", "-c",
       std::string(NAMESAKE_COMMAND) +
           " run --nn-preload a:onnx:a.onnx --guest-timeout 50s guest.wat >out & pid=$!\n"
           "until grep -qs started out; do sleep 0.02; done; kill -HUP $pid; wait $pid"},
      Options());
  EXPECT_EQ(result.exit_code, 129) << result;
}

}  // namespace
}  // namespace namesake
