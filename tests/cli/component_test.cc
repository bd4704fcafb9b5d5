// `namesake run` of components, as a process: which guests it recognizes, what it gives them and
// what it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ProcessResult;
using test::TempDir;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int kTrapped = 134;

const fs::path kGuests = fs::path(NAMESAKE_BINARY_DIR) / "guests";
const std::string kOnnx = NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx";

// A command whose core function `run` has `body`, which returns 0 for success; `imports` come
// first.
std::string Command(const std::string& body, const std::string& imports = "",
                    const std::string& core_imports = "", const std::string& with = "") {
  return "(component " + imports + "(core module $m " + core_imports +
         "(memory (export \"memory\") 1) (func (export \"run\") (result i32) " + body + ")) " +
         "(core instance $i (instantiate $m " + with + "))" + R"(
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $interface (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $interface))))";
}

class ComponentTest : public testing::Test {
 protected:
  ProcessResult Run(std::vector<std::string> args) const {
    args.insert(args.begin(), {NAMESAKE_COMMAND, "run"});
    return test::RunProcess(args,
                            {.environment = {"XDG_CACHE_HOME=" + (dir_.path() / "cache").string()},
                             .working_directory = dir_.path()});
  }
  ProcessResult RunText(const std::string& wat, std::vector<std::string> options = {}) const {
    options.push_back(dir_.Write("guest.wat", wat).string());
    return Run(std::move(options));
  }
  // The probe of wasi:nn; its commands are documented in tests/probe/probe.cc.
  ProcessResult Probe(const std::string& name, std::vector<std::string> options,
                      const std::vector<std::string>& script) const {
    options.push_back((kGuests / (name + ".wasm")).string());
    options.insert(options.end(), script.begin(), script.end());
    return Run(std::move(options));
  }

  const TempDir dir_;
};

TEST_F(ComponentTest, RunThatGivesAnErrorIsExitCode1) {
  EXPECT_EQ(RunText(Command("(i32.const 0)")).exit_code, 0);
  EXPECT_EQ(RunText(Command("(i32.const 1)")).exit_code, 1);
}

// If it were a list of bytes, the host would have to make it, of any length.
TEST_F(ComponentTest, RunOfAnotherTypeIsNotCalled) {
  const ProcessResult result = RunText(R"((component
    (core module $m (func (export "run") (result i32) (i32.const 0)))
    (core instance $i (instantiate $m))
    (func $run (result u32) (canon lift (core func $i "run")))
    (instance $interface (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $interface))))");
  EXPECT_EQ(result.exit_code, kTrapped) << result;
  EXPECT_THAT(result.err, HasSubstr("\"run\" of wasi:cli/run@0.2.0 is not as WASI has it: "));
}

TEST_F(ComponentTest, ATrapIsReportedWithWhereItWas) {
  const ProcessResult result = RunText(Command("unreachable"));
  EXPECT_EQ(result.exit_code, kTrapped) << result;
  EXPECT_THAT(result.err, AllOf(StartsWith("namesake: the guest trapped: "),
                                HasSubstr("wasm `unreachable` instruction executed")));
}

TEST_F(ComponentTest, AnImportThatNobodyServesIsNamedWithTheNearestThatIs) {
  const ProcessResult result =
      RunText(R"((component (import "wasi:nn/graph@0.2.0-rc-2023-01-01" (instance
                   (export "load-by-name" (func (param "name" string)))))))");
  EXPECT_EQ(result.exit_code, 2) << result;
  EXPECT_THAT(result.err,
              HasSubstr("the component imports \"wasi:nn/graph@0.2.0-rc-2023-01-01\", which this "
                        "host does not provide; the closest match is \"wasi:nn/graph@0.2.0-rc-"));
}

TEST_F(ComponentTest, OneThatSpinsIsStopped) {
  const ProcessResult result =
      RunText(Command("(loop $again (br $again)) (i32.const 0)"), {"--guest-timeout", "100ms"});
  EXPECT_EQ(result.exit_code, kTrapped) << result;
  EXPECT_THAT(result.err,
              StartsWith("namesake: the guest was stopped after its guest_timeout of 100 ms"));
}

// Waits a minute on a clock of WASI.
TEST_F(ComponentTest, OneThatWaitsInWasiIsStopped) {
  const std::string wat =
      Command("(call $block (call $subscribe (i64.const 60000000000))) (i32.const 0)",
              R"((import "wasi:io/poll@0.2.0" (instance $poll
           (export "pollable" (type $pollable (sub resource)))
           (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
         (alias export $poll "pollable" (type $pollable))
         (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
           (alias outer 1 $pollable (type $outer))
           (export "pollable" (type $p (eq $outer)))
           (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
         (core func $block (canon lower (func $poll "[method]pollable.block")))
         (core func $subscribe (canon lower (func $clock "subscribe-duration"))))",
              R"((import "host" "block" (func $block (param i32)))
         (import "host" "subscribe" (func $subscribe (param i64) (result i32))))",
              R"((with "host" (instance (export "block" (func $block))
                                (export "subscribe" (func $subscribe)))))");
  const ProcessResult result = RunText(wat, {"--guest-timeout", "100ms"});
  EXPECT_EQ(result.exit_code, kTrapped) << result;
  EXPECT_THAT(result.err, HasSubstr("while it waited in a host call"));
}

TEST_F(ComponentTest, TheMemoriesOfAllItsModulesCountTogether) {
  const auto run = [&](const std::string& limit) {
    return RunText(
        "(component (core module $a (memory (export \"memory\") 2)) (core instance (instantiate "
        "$a))"
        " (core instance (instantiate $a))" +
            Command("(i32.const 0)").substr(std::string("(component").size()),
        {"--max-guest-memory", limit});
  };
  EXPECT_EQ(run("320KiB").exit_code, 0);  // Two, two and one page of 64 KiB.
  const ProcessResult result = run("319KiB");
  EXPECT_EQ(result.exit_code, 2) << result;
  EXPECT_EQ(result.err,
            "namesake: the guest can't be started: the guest's initial memory is above the limit "
            "max_guest_memory_bytes = 319 KiB\n");
}

// Uses an address of its own, so that nothing leaves the machine.
TEST_F(ComponentTest, TheNetworkIsThereOnlyWhenItIsAllowed) {
  const std::string wat = Command(
      "(call $resolve (call $network) (i32.const 0) (i32.const 9) (i32.const 64)) "
      "(i32.load8_u (i32.const 64))",
      R"((import "wasi:sockets/network@0.2.0" (instance $network
           (export "network" (type (sub resource)))
           (type $codes (enum "unknown" "access-denied" "not-supported" "invalid-argument"
             "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress" "would-block"
             "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
             "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
             "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
             "permanent-resolver-failure"))
           (export "error-code" (type (eq $codes)))))
         (alias export $network "network" (type $network-resource))
         (alias export $network "error-code" (type $error-code))
         (import "wasi:sockets/instance-network@0.2.0" (instance $instance
           (alias outer 1 $network-resource (type $outer))
           (export "network" (type $n (eq $outer)))
           (export "instance-network" (func (result (own $n))))))
         (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
           (alias outer 1 $network-resource (type $outer))
           (export "network" (type $n (eq $outer)))
           (alias outer 1 $error-code (type $outer-code))
           (export "error-code" (type $code (eq $outer-code)))
           (export "resolve-address-stream" (type $stream (sub resource)))
           (export "resolve-addresses" (func (param "network" (borrow $n)) (param "name" string)
             (result (result (own $stream) (error $code)))))))
         (core module $memory (memory (export "memory") 1) (data (i32.const 0) "127.0.0.1"))
         (core instance $memory (instantiate $memory))
         (alias core export $memory "memory" (core memory $shared))
         (core func $network (canon lower (func $instance "instance-network")))
         (core func $resolve (canon lower (func $lookup "resolve-addresses") (memory $shared))))",
      R"((import "host" "network" (func $network (result i32)))
         (import "host" "resolve" (func $resolve (param i32 i32 i32 i32)))
         (import "memory" "memory" (memory 1)))",
      R"((with "host" (instance (export "network" (func $network))
                                (export "resolve" (func $resolve))))
         (with "memory" (instance $memory)))");
  EXPECT_EQ(RunText(wat).exit_code, 1) << RunText(wat);
  EXPECT_EQ(RunText(wat, {"--network"}).exit_code, 0) << RunText(wat, {"--network"});
}

TEST_F(ComponentTest, SocketsAreThereOnlyWithTheNetwork) {
  const std::string wat =
      Command("(call $create (i32.const 0) (i32.const 64)) (i32.load8_u (i32.const 64))",
              R"((import "wasi:sockets/network@0.2.0" (instance $network
           (type $codes (enum "unknown" "access-denied" "not-supported" "invalid-argument"
             "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress" "would-block"
             "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
             "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
             "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
             "permanent-resolver-failure"))
           (export "error-code" (type (eq $codes)))
           (type $families (enum "ipv4" "ipv6"))
           (export "ip-address-family" (type (eq $families)))))
         (alias export $network "error-code" (type $error-code))
         (alias export $network "ip-address-family" (type $family))
         (import "wasi:sockets/tcp@0.2.0" (instance $tcp
           (export "tcp-socket" (type (sub resource)))))
         (alias export $tcp "tcp-socket" (type $socket))
         (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $creation
           (alias outer 1 $error-code (type $outer-code))
           (export "error-code" (type $code (eq $outer-code)))
           (alias outer 1 $family (type $outer-family))
           (export "ip-address-family" (type $f (eq $outer-family)))
           (alias outer 1 $socket (type $outer-socket))
           (export "tcp-socket" (type $s (eq $outer-socket)))
           (export "create-tcp-socket" (func (param "address-family" $f)
             (result (result (own $s) (error $code)))))))
         (core module $memory (memory (export "memory") 1))
         (core instance $memory (instantiate $memory))
         (alias core export $memory "memory" (core memory $shared))
         (core func $create (canon lower (func $creation "create-tcp-socket") (memory $shared))))",
              R"((import "host" "create" (func $create (param i32 i32)))
         (import "memory" "memory" (memory 1)))",
              R"((with "host" (instance (export "create" (func $create))))
         (with "memory" (instance $memory)))");
  EXPECT_EQ(RunText(wat).exit_code, 1) << RunText(wat);
  EXPECT_EQ(RunText(wat, {"--network"}).exit_code, 0) << RunText(wat, {"--network"});
}

// Decoding all of them at once took 200 times the guest's memory, for which 10 GB are too little.
TEST_F(ComponentTest, NamesThatSpanItsMemoryAreDecodedOneAtATime) {
  const ProcessResult result = test::RunProcess(
      {"sh", "-c", "ulimit -v 10000000; exec \"$@\"", "sh", NAMESAKE_COMMAND, "run",
       "--max-guest-memory", "32MiB", "--cache-dir", (dir_.path() / "cache").string(),
       "--nn-preload", "m:onnx:" + kOnnx, NAMESAKE_SOURCE_DIR "/tests/cli/names_in_utf16.wat"});
  EXPECT_EQ(result.exit_code, 0) << result;
}

TEST_F(ComponentTest, ManyModulesAreRefusedWithAMemoryLimit) {
  const auto run = [&](int modules) {
    std::string instances = "(component (core module $a)";
    for (int i = 1; i < modules; ++i) instances += "(core instance (instantiate $a))";
    return RunText(instances + Command("(i32.const 0)").substr(std::string("(component").size()),
                   {"--max-guest-memory", "64KiB"});
  };
  EXPECT_EQ(run(64).exit_code, 0) << run(64);
  EXPECT_THAT(run(65).err, HasSubstr("the guest has more than 64 modules, the most allowed under "
                                     "the limit max_guest_memory_bytes = 64 KiB"));
}

TEST_F(ComponentTest, IsCompiledOnce) {
  // A compiled guest's file name has no dot. At any time, the engine's thread may write a ".stats"
  // file next to it and locks such as ".cleanup.wip-1234", or not, if the process ends first.
  const auto compiled = [&] {
    std::map<fs::path, fs::file_time_type> files;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path() / "cache")) {
      const bool is_compiled = entry.is_regular_file() && !entry.path().filename().has_extension();
      if (is_compiled && !entry.path().filename().native().starts_with('.')) {
        files.emplace(entry.path(), entry.last_write_time());
      }
    }
    return files;
  };
  ASSERT_EQ(Probe("probe_20241028", {}, {"list"}).exit_code, 0);
  const auto first = compiled();
  EXPECT_EQ(first.size(), 1U);
  ASSERT_EQ(Probe("probe_20241028", {}, {"list"}).exit_code, 0);
  EXPECT_EQ(compiled(), first);
}

// Each tenant sees the host's model under the name that its policy grants.
TEST_F(ComponentTest, SeesWhatItsTenantIsGranted) {
  dir_.Write("host.toml", "[[models]]\nname = \"net\"\nencoding = \"onnx\"\npath = \"" + kOnnx +
                              "\"\n[tenants.acme]\ngrants = [{ model = \"net\", as = \"photo\" }]\n"
                              "[tenants.other]\n");
  const auto run = [&](const std::string& guest, const std::string& tenant) {
    return Probe(guest, {"--config", "host.toml", "--tenant", tenant},
                 {"load-by-name photo", "load-by-name net", "load onnx cpu hex:00"});
  };
  for (const std::string guest : {"probe_20240625", "probe_20240819", "probe_20241028"}) {
    EXPECT_EQ(run(guest, "acme").out,
              "g1\n"
              "error not-found: no model is named \"net\"\n"
              "error security: the policy does not let this guest load models (guest_load)\n");
    EXPECT_THAT(run(guest, "other").out,
                StartsWith("error not-found: no model is named \"photo\"\n"));
  }
}

// The component in front renames models and refuses `load`; the one behind it can't tell.
TEST_F(ComponentTest, AnotherComponentMayStandBetweenItAndTheHost) {
  const ProcessResult result =
      Probe("probe_prefixed",
            {"--nn-preload", "public-photo:onnx:" + kOnnx, "--nn-preload", "hidden:onnx:" + kOnnx},
            {"load-by-name photo", "load-by-name hidden", "load onnx cpu hex:00", "context g1",
             "tensor 1,3,224,224 f32 zeros:602112", "infer c1 0 t1", "shape c1 0"});
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(result.out,
            "g1\n"
            "error not-found: no model is named \"public-hidden\"\n"
            "error security: only models with a name can be loaded\n"
            "c1\n"
            "t1\n"
            "ok\n"
            "1,1000 f32\n");
}

// The texts are a real backend's, about models for which a guest has no other source.
TEST_F(ComponentTest, ErrorsSayWhatWasExpected) {
  const ProcessResult result =
      Probe("probe_20240819", {"--nn-preload", "photo:onnx:" + kOnnx},
            {"load-by-name photo", "context g1", "tensor 1,3,224,224 f32 zeros:602108",
             "set-input c1 0 t1", "compute c1", "get-output c1 0", "set-input c1 nobody t1"});
  EXPECT_EQ(result.out,
            "g1\nc1\nt1\n"
            "error invalid-argument: input 0 (\"input\") expects f32 [?,3,224,224], got 602108 "
            "bytes for [1,3,224,224]\n"
            "error invalid-argument: input 0 (\"input\") was never set\n"
            "error invalid-argument: there is no output yet: no inference has succeeded, or the "
            "last one failed\n"
            "error invalid-argument: unknown input \"nobody\"; the graph has \"input\"\n")
      << result;
}

}  // namespace
}  // namespace namesake
