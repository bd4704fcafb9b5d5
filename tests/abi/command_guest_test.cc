// Linking and running a WASI command: arguments, environment, directories, output, ends.
#include "engine/command_guest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "abi/abi_host.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kDoesNothing = R"((module (func (export "_start"))))";

Result<void> DefineNothing(wasmtime_linker_t* /*linker*/) { return {}; }

Result<engine::CommandGuest> Link(const std::string& wat,
                                  const engine::CommandOptions& options = {}) {
  return engine::CommandGuest::Link(TestRuntime(), CompileWat(wat), options, DefineNothing);
}

struct Ran {
  std::string end;
  std::string output;
  std::string backtrace;
};

Ran RunWat(const std::string& wat, engine::CommandOptions options = {}) {
  Ran ran;
  options.on_stdout = [&ran](std::string_view text) { ran.output += text; };
  auto guest = Link(wat, options);
  if (!guest) return {.end = guest.error().detail(), .output = "", .backtrace = ""};
  const GuestEnd end = guest->Run();
  ran.end = EndText(end);
  if (const auto* trap = std::get_if<GuestTrap>(&end)) ran.backtrace = trap->backtrace;
  return ran;
}

// A command that prints `count` strings of the table that one of WASI's functions fills, each with
// a new line.
std::string PrintsStrings(const std::string& sizes_get, const std::string& get) {
  return R"((module
    (import "wasi_snapshot_preview1" ")" +
         sizes_get + R"(" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" ")" +
         get + R"(" (func $get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write"
      (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      ;; count at 0, bytes at 4, pointers at 0x100, strings at 0x1000, {pointer, length} at 16
      (drop (call $sizes (i32.const 0) (i32.const 4)))
      (drop (call $get (i32.const 0x100) (i32.const 0x1000)))
      (i32.store (i32.const 16) (i32.const 0x1000))
      (i32.store (i32.const 20) (i32.load (i32.const 4)))
      (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8))))))";
}

TEST(CommandGuest, ArgumentsReachTheGuest) {
  const Ran ran = RunWat(PrintsStrings("args_sizes_get", "args_get"),
                         {.args = {"guest", "", "größer", "a b"}, .env = {}, .dirs = {}});
  EXPECT_EQ(ran.end, "exit 0");
  EXPECT_EQ(ran.output, (std::string{"guest\0\0größer\0a b\0", 20}));
}

TEST(CommandGuest, TheGuestsEnvironmentIsWhatItIsGiven) {
  const Ran ran = RunWat(PrintsStrings("environ_sizes_get", "environ_get"),
                         {.args = {}, .env = {{"NAME", "value"}, {"EMPTY", ""}}, .dirs = {}});
  EXPECT_EQ(ran.end, "exit 0");
  EXPECT_EQ(ran.output, (std::string{"NAME=value\0EMPTY=\0", 18}));
}

TEST(CommandGuest, WithoutOptionsItHasNoArgumentsAndNoEnvironment) {
  EXPECT_EQ(RunWat(PrintsStrings("args_sizes_get", "args_get")).output, "");
  EXPECT_EQ(RunWat(PrintsStrings("environ_sizes_get", "environ_get")).output, "");
}

// Opens "hello" beneath the first preopened directory and prints what it holds, or exits with the
// errno.
constexpr std::string_view kPrintsFile = R"((module
    (import "wasi_snapshot_preview1" "path_open"
      (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write"
      (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0x100) "hello")
    (func $must (param $errno i32)
      (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))
    (func (export "_start")
      ;; Rights: fd_read, which is 2.
      (call $must (call $path_open (i32.const 3) (i32.const 0) (i32.const 0x100) (i32.const 5)
        (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
      (i32.store (i32.const 16) (i32.const 0x1000))
      (i32.store (i32.const 20) (i32.const 100))
      (call $must (call $fd_read (i32.load (i32.const 0)) (i32.const 16) (i32.const 1)
        (i32.const 4)))
      (i32.store (i32.const 20) (i32.load (i32.const 4)))
      (call $must (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8))))))";

TEST(CommandGuest, DirectoriesReachTheGuest) {
  const TempDir dir;
  dir.Write("hello", "from the host");
  const Ran ran = RunWat(std::string(kPrintsFile),
                         {.args = {}, .env = {}, .dirs = {{.host = dir.path(), .guest = "/data"}}});
  EXPECT_EQ(ran.end, "exit 0");
  EXPECT_EQ(ran.output, "from the host");
}

TEST(CommandGuest, WithoutDirectoriesItHasNoFiles) {
  EXPECT_EQ(RunWat(std::string(kPrintsFile)).end, "exit 8");  // WASI's errno badf.
}

TEST(CommandGuest, NamesTheDirectoryThatItCantOpen) {
  const TempDir dir;
  const auto missing = dir.path() / "missing";
  const auto file = dir.Write("file", "");
  for (const auto& path : {missing, file}) {
    EXPECT_THAT(
        Link(kDoesNothing, {.args = {}, .env = {}, .dirs = {{.host = path, .guest = "/d"}}}),
        Fails(ErrorCode::kRuntimeError, HasSubstr(path.string())));
  }
}

TEST(CommandGuest, RefusesWhatIsNotUtf8) {
  EXPECT_THAT(Link(kDoesNothing, {.args = {"guest", "\xff"}, .env = {}, .dirs = {}}),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("\\xff")));
  EXPECT_THAT(Link(kDoesNothing, {.args = {}, .env = {{"A", "\xc3"}}, .dirs = {}}),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("A=\\xc3")));
  EXPECT_THAT(Link(kDoesNothing, {.args = {}, .env = {}, .dirs = {{.host = "/", .guest = "\x80"}}}),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("\\x80")));
}

TEST(CommandGuest, NeedsStart) {
  EXPECT_THAT(Link("(module)"), Fails(ErrorCode::kInvalidArgument, HasSubstr("_start")));
  EXPECT_THAT(Link("(module (global (export \"_start\") i32 (i32.const 0)))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("_start")));
  EXPECT_THAT(Link("(module (func (export \"_initialize\")))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("_start")));
  EXPECT_THAT(Link("(module (func (export \"_start\") (param i32)))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("parameters")));
  EXPECT_THAT(Link("(module (func (export \"_start\") (result i32) (i32.const 0)))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("results")));
}

TEST(CommandGuest, NamesTheImportThatNobodyDefines) {
  EXPECT_THAT(Link(R"((module (import "env" "exotic" (func)) (func (export "_start"))))"),
              Fails(ErrorCode::kInvalidArgument, AllOf(HasSubstr("env"), HasSubstr("exotic"))));
  EXPECT_THAT(Link(R"((module (import "wasi_snapshot_preview1" "fd_exotic" (func))
                              (func (export "_start"))))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("fd_exotic")));
}

TEST(CommandGuest, NamesTheImportOfAnotherType) {
  EXPECT_THAT(Link(R"((module (import "wasi_snapshot_preview1" "proc_exit" (func (param i64)))
                              (func (export "_start"))))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("proc_exit")));
}

TEST(CommandGuest, OffersTheImportThatWasMeant) {
  static constexpr std::string_view kFunctions[] = {"load", "load_by_name"};
  const auto link = [](const std::string& import) {
    return engine::CommandGuest::Link(
        TestRuntime(),
        CompileWat("(module (import " + import + " (func)) (func (export \"_start\")))"), {},
        DefineNothing, {.name = "served_nn", .functions = kFunctions});
  };
  const auto refused = [&](const std::string& import, const std::string& end) {
    EXPECT_THAT(link(import),
                Fails(ErrorCode::kInvalidArgument, testing::EndsWith("has not been defined" + end)))
        << import;
  };
  refused(R"("served_nn" "load_by_nam")", "; did you mean `load_by_name`?");
  refused(R"("old_nn" "load")", "; the host has `load` in `served_nn`");
  refused(R"("served_nn" "frobnicate")", "");
  refused(R"("env" "magic")", "");
}

TEST(CommandGuest, HandsTheErrorOfItsImportsOn) {
  EXPECT_THAT(
      engine::CommandGuest::Link(TestRuntime(), CompileWat(kDoesNothing), {},
                                 [](wasmtime_linker_t*) -> Result<void> {
                                   return std::unexpected(Error(ErrorCode::kBusy, "not now"));
                                 }),
      Fails(ErrorCode::kBusy, "not now"));
}

std::string Exits(std::uint32_t code) {
  return R"((module (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
                    (memory (export "memory") 1)
                    (func (export "_start") (call $proc_exit (i32.const )" +
         std::to_string(code) + ")) (unreachable)))";
}

TEST(CommandGuest, TheExitCodeIsTheGuests) {
  for (const std::uint32_t code : {0U, 1U, 42U, 125U, 126U, 255U, 256U, 0xFFFFFFFFU}) {
    EXPECT_EQ(RunWat(Exits(code)).end, "exit " + std::to_string(code));
  }
  EXPECT_EQ(RunWat(kDoesNothing).end, "exit 0");
}

TEST(CommandGuest, ATrapSaysWhereAndWhy) {
  const Ran ran = RunWat(R"((module
      (func $innermost (unreachable))
      (func $middle (call $innermost))
      (func (export "_start") (call $middle))))");
  EXPECT_EQ(ran.end, "trap");
  EXPECT_THAT(ran.backtrace,
              AllOf(HasSubstr("unreachable"), HasSubstr("innermost"), HasSubstr("middle")));
}

TEST(CommandGuest, EveryKindOfTrapEndsTheGuestAlone) {
  const auto start = [](std::string_view body) {
    return "(module (memory (export \"memory\") 1) (table 1 funcref) (type $f (func))"
           "(func $forever (call $forever))"
           "(func (export \"_start\") " +
           std::string(body) + "))";
  };
  EXPECT_THAT(RunWat(start("(drop (i32.load (i32.const 0x10000)))")).backtrace,
              HasSubstr("out of bounds memory access"));
  EXPECT_THAT(RunWat(start("(drop (i32.div_u (i32.const 1) (i32.const 0)))")).backtrace,
              HasSubstr("divide by zero"));
  EXPECT_THAT(RunWat(start("(call_indirect (type $f) (i32.const 0))")).backtrace,
              HasSubstr("uninitialized element"));
  EXPECT_THAT(RunWat(start("(call $forever)")).backtrace, HasSubstr("call stack exhausted"));
}

TEST(CommandGuest, LinkRunsNoCodeOfTheGuest) {
  EXPECT_THAT(Link(R"((module (func $boom (unreachable)) (start $boom)
                              (func (export "_start"))))"),
              IsOk());
}

TEST(CommandGuest, ATrapInTheModulesStartFunctionIsTheGuests) {
  const Ran ran = RunWat(R"((module (func $boom (unreachable)) (start $boom)
                                    (func (export "_start"))))");
  EXPECT_EQ(ran.end, "trap");
  EXPECT_THAT(ran.backtrace, AllOf(HasSubstr("unreachable"), HasSubstr("boom")));
}

TEST(CommandGuest, NothingIsCalledWhenTheModulesStartFunctionTraps) {
  auto guest = Link(R"((module (start $boom) (func $boom (unreachable))
                               (func (export "_start")) (func (export "other"))))");
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(guest->Call("other"), Fails(ErrorCode::kRuntimeError, HasSubstr("start function")));
}

TEST(CommandGuest, AnExitInTheModulesStartFunctionIsTheGuests) {
  const Ran ran = RunWat(R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (func $leave (call $proc_exit (i32.const 3)))
      (start $leave)
      (func (export "_start") (unreachable))))");
  EXPECT_EQ(ran.end, "exit 3");
}

TEST(CommandGuest, AMemoryThatCantBeHadSaysSo) {
  // 2^48 bytes are more than any address space has to give.
  const Ran ran = RunWat("(module (memory i64 0x100000000) (func (export \"_start\")))");
  EXPECT_EQ(ran.end, "trap");
  EXPECT_THAT(ran.backtrace, HasSubstr("memory"));
}

TEST(CommandGuest, WritesBeforeATrapAreNotLost) {
  const Ran ran = RunWat(R"((module
      (import "wasi_snapshot_preview1" "fd_write"
      (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "\20\00\00\00" "\05\00\00\00")
      (data (i32.const 0x20) "so far")
      (func (export "_start")
        (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0)))
        (unreachable))))");
  EXPECT_EQ(ran.end, "trap");
  EXPECT_EQ(ran.output, "so fa");
}

TEST(CommandGuest, CallsAnotherExport) {
  auto guest = Link(R"((module
      (global $calls (mut i32) (i32.const 0))
      (func (export "_start"))
      (func (export "third_time_traps")
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (if (i32.eq (global.get $calls) (i32.const 3)) (then (unreachable))))
      (global (export "no_function") i32 (i32.const 0))))");
  ASSERT_THAT(guest, IsOk());
  // Before and after Run, in one instance.
  EXPECT_THAT(guest->Call("third_time_traps"), IsOk());
  ASSERT_EQ(EndText(guest->Run()), "exit 0");
  EXPECT_THAT(guest->Call("third_time_traps"), IsOk());
  EXPECT_THAT(guest->Call("third_time_traps"),
              Fails(ErrorCode::kRuntimeError, HasSubstr("unreachable")));
  EXPECT_THAT(guest->Call("no_function"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("no_function")));
  EXPECT_THAT(guest->Call("absent"), Fails(ErrorCode::kInvalidArgument, HasSubstr("absent")));
}

}  // namespace
}  // namespace namesake::test
