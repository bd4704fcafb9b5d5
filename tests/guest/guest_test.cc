// Guests made from programs: as tenants of a configuration, with directories, streams, limits and a
// pool.
#include "namesake/guest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "abi/abi_host.h"
#include "backend_fake/fake_backend.h"
#include "namesake/config.h"
#include "namesake/configured_host.h"
#include "support/log_lines.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Exits with the result of load_by_name("photo").
constexpr std::string_view kLooksUp = R"((module
    (import "wasi_ephemeral_nn" "load_by_name"
      (func $load_by_name (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "photo")
    (func (export "_start")
      (call $proc_exit (call $load_by_name (i32.const 0) (i32.const 5) (i32.const 16))))))";

constexpr std::string_view kLooksUpAndSpins = R"((module
    (import "wasi_ephemeral_nn" "load_by_name"
      (func $load_by_name (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "photo")
    (func (export "_start")
      (drop (call $load_by_name (i32.const 0) (i32.const 5) (i32.const 16)))
      (loop $again (br $again)))))";

// Exits with WASI's result of creating the file "new" in the first directory.
constexpr std::string_view kWrites = R"((module
    (import "wasi_snapshot_preview1" "path_open"
      (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0x100) "new")
    (func (export "_start")
      ;; O_CREAT is 1, and the right to write is 64.
      (call $proc_exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 0x100) (i32.const 3)
        (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0))))))";

GuestEngine& Engine() {
  static const std::shared_ptr<GuestEngine> engine = GuestEngine::Create().value();
  return *engine;
}

class ConfiguredGuestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_.Write("models/photo.onnx", "io f32 2,3");
    Configure(R"(
      [[models]]
      name = "photo"
      encoding = "onnx"
      path = "models/photo.onnx"
      [tenants.acme]
      grants = ["photo"]
      [tenants.other]
    )");
  }

  fs::path Path(std::string_view name) const { return dir_.path() / name; }

  Config ReadAgain() const {
    Config config = ReadConfig(Path("namesake.toml")).value();
    config.isolation = Isolation::kProcess;
    return config;
  }

  void Configure(const std::string& toml) {
    dir_.Write("namesake.toml", toml);
    host_.reset();
    std::vector<std::unique_ptr<Backend>> backends;
    backends.push_back(std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, counters_));
    host_ = ConfiguredHost::Create(ReadAgain(), std::move(backends)).value();
  }

  Result<Guest> NewGuest(std::string_view wat, const std::string& tenant,
                         GuestOptions options = {}) {
    const auto program = LoadWat(wat, {}, Engine());
    if (!program) return std::unexpected(program.error());
    return program->NewGuest(*host_, *host_->FindTenant(tenant).value(), std::move(options));
  }

  std::string EndOf(std::string_view wat, const std::string& tenant, GuestOptions options = {}) {
    auto guest = NewGuest(wat, tenant, std::move(options));
    return guest ? EndText(guest->Run()) : guest.error().detail();
  }

  TempDir dir_;
  fake::Counters counters_;
  std::unique_ptr<ConfiguredHost> host_;
};

TEST_F(ConfiguredGuestTest, RunsAsATenantOfTheConfiguration) {
  EXPECT_EQ(EndOf(kLooksUp, "acme"), "exit 0");
  EXPECT_EQ(EndOf(kLooksUp, "other"), "exit 8");  // not_found
}

TEST_F(ConfiguredGuestTest, TheTenantsLimitsHoldForTheGuest) {
  Configure(R"(
    [tenants.brief.instance_limits]
    guest_timeout = "20ms"
    [tenants.small.instance_limits]
    max_guest_memory_bytes = "64 KiB"
  )");
  EXPECT_EQ(EndOf("(module (func (export \"_start\") (loop $again (br $again))))", "brief"),
            "timeout");
  EXPECT_EQ(EndOf("(module (memory (export \"memory\") 2) (func (export \"_start\")))", "small"),
            "the guest's initial memory of 128 KiB is above the limit max_guest_memory_bytes = 64 "
            "KiB");
  EXPECT_EQ(EndOf("(module (memory (export \"memory\") 2) (func (export \"_start\")))", "brief"),
            "exit 0");
  // The guest's own limits replace the tenant's.
  EXPECT_EQ(EndOf("(module (memory (export \"memory\") 2) (func (export \"_start\")))", "small",
                  {.limits = InstanceLimits{}}),
            "exit 0");
}

// The load takes longer than the guest's timeout: no wait in a call outlives it.
TEST_F(ConfiguredGuestTest, AWaitInACallEndsWithTheGuestsTime) {
  dir_.Write("models/slow.onnx", "io f32 2,3\nload_waits");
  Configure(R"(
    [tenants.acme.instance_limits]
    guest_timeout = "20ms"
    [[tenants.acme.models]]
    name = "photo"
    encoding = "onnx"
    path = "models/slow.onnx"
    load = "lazy"
  )");
  std::atomic<bool> overdue = false;
  EXPECT_EQ(EndOf(kLooksUpAndSpins, "acme",
                  {.on_overdue = [&] { overdue = true; }, .overdue_grace = 900ms}),
            "timeout");
  EXPECT_FALSE(overdue);
  counters_.loading.Open();
}

TEST_F(ConfiguredGuestTest, ADirectoryOfItsOwnIsTheGuestsToWriteIn) {
  fs::create_directory(Path("own"));
  const LogLines log;
  EXPECT_EQ(EndOf(kWrites, "acme", {.directories = {{.host = Path("own"), .guest = "/"}}}),
            "exit 0");
  EXPECT_TRUE(fs::exists(Path("own/new")));
  EXPECT_THAT(log.Warnings(), IsEmpty());
}

TEST_F(ConfiguredGuestTest, ADirectoryWhereTheHostReadsIsReadOnly) {
  const LogLines log;
  EXPECT_NE(EndOf(kWrites, "acme", {.directories = {{.host = Path("models"), .guest = "/"}}}),
            "exit 0");
  EXPECT_FALSE(fs::exists(Path("models/new")));
  EXPECT_THAT(log.Warnings(),
              ElementsAre(HasSubstr(fmt::format(
                  "the guest's directory {} is read-only because the host reads the model "
                  "\"photo\" ({}) there; give the guest another directory to write to",
                  Path("models").string(), Path("models/photo.onnx").string()))));
}

TEST_F(ConfiguredGuestTest, WhatWasAskedForToReadIsNoWarning) {
  const LogLines log;
  EXPECT_NE(
      EndOf(
          kWrites, "acme",
          {.directories = {{.host = Path("models"), .guest = "/", .access = GuestAccess::kRead}}}),
      "exit 0");
  EXPECT_FALSE(fs::exists(Path("models/new")));
  EXPECT_THAT(log.Warnings(), IsEmpty());
}

TEST_F(ConfiguredGuestTest, TheProgramsOwnFileIsNotTheGuestsToChange) {
  const fs::path file = dir_.Write("programs/guest.wat", kWrites);
  const auto program = Engine().Load(file);
  ASSERT_THAT(program, IsOk());
  const LogLines log;
  auto guest = program->NewGuest(*host_, *host_->FindTenant("acme").value(),
                                 {.directories = {{.host = Path("programs"), .guest = "/"}}});
  ASSERT_THAT(guest, IsOk());
  EXPECT_NE(EndText(guest->Run()), "exit 0");
  EXPECT_THAT(log.Warnings(), ElementsAre(HasSubstr("the host reads the guest itself (")));
}

TEST_F(ConfiguredGuestTest, ADirectoryWhereTheHostWritesIsRefused) {
  Configure("[host]\nsnapshot_dir = \"copies\"\n[tenants.acme]\n");
  fs::create_directory(Path("copies"));
  EXPECT_THAT(
      NewGuest(kWrites, "acme", {.directories = {{.host = Path("copies"), .guest = "/"}}}),
      Fails(ErrorCode::kInvalidArgument,
            fmt::format(
                "the guest's directory {0} would let it write to {0}, where the host keeps its "
                "copies of models; choose another snapshot_dir or another directory for "
                "the guest",
                Path("copies").string())));
}

TEST_F(ConfiguredGuestTest, AReloadBringsNoModelWhereAGuestWrites) {
  dir_.Write("own/m.onnx", "io f32 2,3");
  std::optional<Guest> guest =
      NewGuest(kWrites, "acme", {.directories = {{.host = Path("own"), .guest = "/"}}}).value();
  dir_.Write("namesake.toml", R"(
    [[models]]
    name = "photo"
    encoding = "onnx"
    path = "own/m.onnx"
    [tenants.acme]
    grants = ["photo"]
    [tenants.other]
  )");
  const ReloadReport refused = host_->Reload(ReadAgain());
  ASSERT_EQ(refused.problems.size(), 1U);
  EXPECT_EQ(refused.problems.front().message,
            fmt::format("the model \"photo\" ({}) is in {}, which the guest can write to",
                        Path("own/m.onnx").string(), Path("own").string()));
  EXPECT_THAT(refused.replaced, IsEmpty());
  // A guest that has ended does not block a reload.
  guest.reset();
  EXPECT_THAT(host_->Reload(ReadAgain()).problems, IsEmpty());
}

TEST_F(ConfiguredGuestTest, ADirectoryThatIsGoneIsInNoReloadsWay) {
  fs::create_directory(Path("own"));
  const Guest guest =
      NewGuest(kWrites, "acme", {.directories = {{.host = Path("own"), .guest = "/"}}}).value();
  fs::remove_all(Path("own"));
  EXPECT_THAT(host_->Reload(ReadAgain()).problems, IsEmpty());
}

// Whoever still uses the graph reads its files.
TEST_F(ConfiguredGuestTest, AModelThatIsGoneIsStillNotTheGuestsToChange) {
  dir_.Write("namesake.toml", "models = []\n[tenants.acme]\n");
  EXPECT_EQ(host_->Reload(ReadAgain()).removed.size(), 1U);
  const LogLines log;
  EXPECT_NE(EndOf(kWrites, "acme", {.directories = {{.host = Path("models"), .guest = "/"}}}),
            "exit 0");
  EXPECT_THAT(log.Warnings(), ElementsAre(HasSubstr("the host reads the former model \"photo\"")));
}

TEST_F(ConfiguredGuestTest, WhatTheEngineKeepsIsNoGuestsToChange) {
  fs::create_directory(Path("kept"));
  const auto engine = GuestEngine::Create({.module_cache_dir = Path("kept/modules")}).value();
  const auto program = LoadWat(kWrites, {}, *engine).value();
  EXPECT_THAT(program.NewGuest(*host_, *host_->FindTenant("acme").value(),
                               {.directories = {{.host = Path("kept"), .guest = "/"}}}),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("where the host keeps its cache")));
}

TEST_F(ConfiguredGuestTest, StandardStreamsAreWhatTheGuestIsGiven) {
  // Copies its standard input to both outputs.
  constexpr std::string_view kEchoes = R"((module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 1000))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))))";
  std::string output;
  std::string error;
  const auto to = [](std::string& text) { return [&](std::string_view more) { text += more; }; };
  EXPECT_EQ(EndOf(kEchoes, "acme",
                  {.input = std::string("a\0b", 3), .output = to(output), .error = to(error)}),
            "exit 0");
  EXPECT_EQ(output, std::string("a\0b", 3));
  EXPECT_EQ(error, std::string("a\0b", 3));
  output.clear();
  EXPECT_EQ(
      EndOf(kEchoes, "acme", {.input = NoStream(), .output = to(output), .error = NoStream()}),
      "exit 0");
  EXPECT_EQ(output, "");
}

TEST_F(ConfiguredGuestTest, AnyNumberOfThreadsMakeGuestsOfAProgram) {
  const auto program = LoadWat(kLooksUp, {}, Engine()).value();
  const auto acme = host_->FindTenant("acme").value();
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, program] {
        for (int run = 0; run < 25; ++run) {
          if (EndText(program.NewGuest(*host_, *acme).value().Run()) == "exit 0") ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 100);
  EXPECT_EQ(counters_.loads, 1);
}

class PoolTest : public ::testing::Test {
 protected:
  static std::string EndOf(Guest& guest) {
    const GuestEnd end = guest.Run();
    const auto* const denied = std::get_if<GuestNotStarted>(&end);
    return denied == nullptr ? EndText(end) : denied->reason;
  }

  AbiHost host_;
  const std::unique_ptr<View> view_ = host_.host().NewView();
  const std::shared_ptr<GuestEngine> engine_ =
      GuestEngine::Create({.shared_memories = true, .pooled_instances = 2}).value();
};

TEST_F(PoolTest, IsAPropertyOfTheProgram) {
  const auto is_pooled = [&](std::string_view wat) {
    const auto program = LoadWat(wat, {}, *engine_);
    EXPECT_THAT(program, IsOk());
    if (!program) return false;
    auto guest = program->NewGuest(*view_);
    EXPECT_THAT(guest, IsOk());
    EXPECT_EQ(EndOf(*guest), "exit 0") << wat;
    return program->is_pooled();
  };
  EXPECT_TRUE(is_pooled("(module (memory 1) (func (export \"_start\")))"));
  EXPECT_FALSE(is_pooled("(module (memory 1) (memory 1) (func (export \"_start\")))"));
  EXPECT_FALSE(is_pooled("(module (memory 1 2 shared) (func (export \"_start\")))"));
  EXPECT_FALSE(LoadWat("(module)")->is_pooled());
}

TEST_F(PoolTest, AComponentOfMoreMemoriesThanItsShareIsNone) {
  const auto component = [](int memories) {
    std::string wat = "(component";
    for (int i = 0; i < memories; ++i) {
      wat += fmt::format("(core module $m{0} (memory 1)) (core instance (instantiate $m{0}))", i);
    }
    return wat + ")";
  };
  EXPECT_TRUE(LoadWat(component(1), {}, *engine_)->is_pooled());
  EXPECT_FALSE(LoadWat(component(2), {}, *engine_)->is_pooled());
}

TEST_F(PoolTest, WhatIsNoProgramIsRefusedAsWithoutAPool) {
  EXPECT_THAT(LoadWat("(module (func (call $nobody)))", {}, *engine_),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("nobody")));
}

TEST_F(PoolTest, OneInstanceMoreDoesNotStart) {
  const auto program =
      LoadWat("(module (memory 1) (func (export \"_start\")) (func (export \"nothing\")))", {},
              *engine_)
          .value();
  std::optional<Guest> first = program.NewGuest(*view_).value();
  std::optional<Guest> second = program.NewGuest(*view_).value();
  EXPECT_THAT(first->Call("nothing"), IsOk());
  EXPECT_THAT(second->Call("nothing"), IsOk());
  Guest third = program.NewGuest(*view_).value();
  EXPECT_EQ(EndOf(third),
            "the engine's pool has no slot for another instance (pooled_instances); try again when "
            "an instance has ended");
  first.reset();
  Guest fourth = program.NewGuest(*view_).value();
  EXPECT_EQ(EndOf(fourth), "exit 0");
}

TEST(GuestProgram, KeepsItsEngine) {
  AbiHost host;
  const auto view = host.host().NewView();
  std::optional<GuestProgram> program;
  {
    const auto engine = GuestEngine::Create().value();
    program = LoadWat("(module (func (export \"_start\")))", {}, *engine).value();
  }
  std::optional<Guest> guest = program->NewGuest(*view).value();
  program.reset();
  EXPECT_EQ(EndText(guest->Run()), "exit 0");
}

}  // namespace
}  // namespace namesake::test
