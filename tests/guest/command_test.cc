// Loading and running a WASI command: its arguments, environment, directories, streams and exit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "abi/abi_host.h"
#include "namesake/guest.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kDoesNothing = R"((module (func (export "_start"))))";

class CommandTest : public ::testing::Test {
 protected:
  Result<Guest> NewGuest(const std::string& wat, GuestOptions options = {},
                         const GuestImports& imports = {}) {
    const auto program = LoadWat(wat, imports);
    if (!program) return std::unexpected(program.error());
    return program->NewGuest(*view_, std::move(options));
  }

  struct Ran {
    std::string end;
    std::string output;
    std::string backtrace;
  };

  Ran RunWat(const std::string& wat, GuestOptions options = {}) {
    Ran ran;
    options.output = [&ran](std::string_view text) { ran.output += text; };
    auto guest = NewGuest(wat, std::move(options));
    if (!guest) return {.end = guest.error().detail(), .output = "", .backtrace = ""};
    const GuestEnd end = guest->Run();
    ran.end = EndText(end);
    if (const auto* trap = std::get_if<GuestTrap>(&end)) ran.backtrace = trap->backtrace;
    if (const auto* denied = std::get_if<GuestNotStarted>(&end)) ran.backtrace = denied->reason;
    return ran;
  }

  AbiHost host_;
  const std::unique_ptr<View> view_ = host_.host().NewView();
};

// A command that prints each of the `count` strings in the table that one of WASI's functions
// fills, followed by a newline.
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

TEST_F(CommandTest, ArgumentsReachTheGuest) {
  const Ran ran =
      RunWat(PrintsStrings("args_sizes_get", "args_get"), {.args = {"guest", "", "größer", "a b"}});
  EXPECT_EQ(ran.end, "exit 0");
  EXPECT_EQ(ran.output, (std::string{"guest\0\0größer\0a b\0", 20}));
}

TEST_F(CommandTest, TheGuestsEnvironmentIsWhatItIsGiven) {
  const Ran ran = RunWat(PrintsStrings("environ_sizes_get", "environ_get"),
                         {.env = {{"NAME", "value"}, {"EMPTY", ""}}});
  EXPECT_EQ(ran.end, "exit 0");
  EXPECT_EQ(ran.output, (std::string{"NAME=value\0EMPTY=\0", 18}));
}

TEST_F(CommandTest, WithoutOptionsItHasNoArgumentsAndNoEnvironment) {
  EXPECT_EQ(RunWat(PrintsStrings("args_sizes_get", "args_get")).output, "");
  EXPECT_EQ(RunWat(PrintsStrings("environ_sizes_get", "environ_get")).output, "");
}

// Opens "hello" beneath the first preopened directory and prints its content, or exits with the
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

TEST_F(CommandTest, DirectoriesReachTheGuest) {
  const TempDir dir;
  dir.Write("hello", "from the host");
  const Ran ran =
      RunWat(std::string(kPrintsFile), {.directories = {{.host = dir.path(), .guest = "/data"}}});
  EXPECT_EQ(ran.end, "exit 0");
  EXPECT_EQ(ran.output, "from the host");
}

TEST_F(CommandTest, WithoutDirectoriesItHasNoFiles) {
  EXPECT_EQ(RunWat(std::string(kPrintsFile)).end, "exit 8");  // WASI's errno badf.
}

TEST_F(CommandTest, NamesTheDirectoryThatItCantOpen) {
  const TempDir dir;
  const auto missing = dir.path() / "missing";
  const auto file = dir.Write("file", "");
  for (const auto& path : {missing, file}) {
    EXPECT_THAT(NewGuest(kDoesNothing, {.directories = {{.host = path, .guest = "/d"}}}),
                Fails(ErrorCode::kRuntimeError, HasSubstr(path.string())));
  }
}

TEST_F(CommandTest, RefusesWhatIsNotUtf8) {
  EXPECT_THAT(NewGuest(kDoesNothing, {.args = {"guest", "\xff"}}),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("\\xff")));
  EXPECT_THAT(NewGuest(kDoesNothing, {.env = {{"A", "\xc3"}}}),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("A=\\xc3")));
  EXPECT_THAT(NewGuest(kDoesNothing, {.directories = {{.host = "/", .guest = "\x80"}}}),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("\\x80")));
}

TEST_F(CommandTest, NeedsStart) {
  const auto why = [&](const std::string& wat) {
    const Ran ran = RunWat(wat);
    EXPECT_EQ(ran.end, "not started") << wat;
    const auto program = LoadWat(wat);
    EXPECT_THAT(program.value().CheckIsCommand(),
                Fails(ErrorCode::kInvalidArgument, ran.backtrace));
    return ran.backtrace;
  };
  const std::string none =
      "the guest exports no function \"_start\"; only WASI commands can be run";
  EXPECT_EQ(why("(module)"), none);
  EXPECT_EQ(why("(module (global (export \"_start\") i32 (i32.const 0)))"), none);
  EXPECT_EQ(why("(module (func (export \"_initialize\")))"), none);
  const std::string other =
      "the guest's function \"_start\" has parameters or results; a WASI command's has none";
  EXPECT_EQ(why("(module (func (export \"_start\") (param i32)))"), other);
  EXPECT_EQ(why("(module (func (export \"_start\") (result i32) (i32.const 0)))"), other);
  EXPECT_EQ(why("(component)"),
            "the component exports no \"wasi:cli/run@0.2\"; only commands can be run");
}

TEST_F(CommandTest, NamesTheImportThatNobodyDefines) {
  EXPECT_THAT(NewGuest(R"((module (import "env" "exotic" (func)) (func (export "_start"))))"),
              Fails(ErrorCode::kInvalidArgument, AllOf(HasSubstr("env"), HasSubstr("exotic"))));
  EXPECT_THAT(NewGuest(R"((module (import "wasi_snapshot_preview1" "fd_exotic" (func))
                              (func (export "_start"))))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("fd_exotic")));
}

TEST_F(CommandTest, NamesTheImportOfAnotherType) {
  EXPECT_THAT(NewGuest(R"((module (import "wasi_snapshot_preview1" "proc_exit" (func (param i64)))
                              (func (export "_start"))))"),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("proc_exit")));
}

TEST_F(CommandTest, OffersTheImportThatWasMeant) {
  const auto refused = [&](const std::string& import, const std::string& end) {
    EXPECT_THAT(NewGuest("(module (import " + import + " (func)) (func (export \"_start\")))"),
                Fails(ErrorCode::kInvalidArgument,
                      AllOf(testing::StartsWith("guest.wat: the guest can't be linked: "),
                            testing::EndsWith("has not been defined" + end))))
        << import;
  };
  refused(R"("wasi_ephemeral_nn" "load_by_nam")", "; did you mean `load_by_name`?");
  refused(R"("old_nn" "load")", "; the host has `load` in `wasi_ephemeral_nn`");
  refused(R"("wasi_ephemeral_nn" "frobnicate")", "");
  refused(R"("env" "magic")", "");
}

TEST_F(CommandTest, HandsTheErrorOfItsImportsOn) {
  const GuestImports imports{.module = [](wasmtime_linker_t*) -> Result<void> {
                               return std::unexpected(Error(ErrorCode::kBusy, "not now"));
                             },
                             .component = [](wasmtime_component_linker_t*) -> Result<void> {
                               return std::unexpected(Error(ErrorCode::kBusy, "not now either"));
                             }};
  EXPECT_THAT(NewGuest(kDoesNothing, {}, imports), Fails(ErrorCode::kBusy, "guest.wat: not now"));
  EXPECT_THAT(NewGuest("(component)", {}, imports),
              Fails(ErrorCode::kBusy, "guest.wat: not now either"));
}

std::string Exits(std::uint32_t code) {
  return R"((module (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
                    (memory (export "memory") 1)
                    (func (export "_start") (call $proc_exit (i32.const )" +
         std::to_string(code) + ")) (unreachable)))";
}

TEST_F(CommandTest, TheExitCodeIsTheGuests) {
  for (const std::uint32_t code : {0U, 1U, 42U, 125U, 126U, 255U, 256U, 0xFFFFFFFFU}) {
    EXPECT_EQ(RunWat(Exits(code)).end, "exit " + std::to_string(code));
  }
  EXPECT_EQ(RunWat(kDoesNothing).end, "exit 0");
}

TEST_F(CommandTest, ATrapSaysWhereAndWhy) {
  const Ran ran = RunWat(R"((module
      (func $innermost (unreachable))
      (func $middle (call $innermost))
      (func (export "_start") (call $middle))))");
  EXPECT_EQ(ran.end, "trap");
  EXPECT_THAT(ran.backtrace,
              AllOf(HasSubstr("unreachable"), HasSubstr("innermost"), HasSubstr("middle")));
}

TEST_F(CommandTest, EveryKindOfTrapEndsTheGuestAlone) {
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

TEST_F(CommandTest, NothingOfTheGuestRunsBeforeItsRun) {
  EXPECT_THAT(NewGuest(R"((module (func $boom (unreachable)) (start $boom)
                              (func (export "_start"))))"),
              IsOk());
}

TEST_F(CommandTest, ATrapInTheModulesStartFunctionIsTheGuests) {
  const Ran ran = RunWat(R"((module (func $boom (unreachable)) (start $boom)
                                    (func (export "_start"))))");
  EXPECT_EQ(ran.end, "trap");
  EXPECT_THAT(ran.backtrace, AllOf(HasSubstr("unreachable"), HasSubstr("boom")));
}

TEST_F(CommandTest, NothingIsCalledWhenTheModulesStartFunctionTraps) {
  auto guest = NewGuest(R"((module (start $boom) (func $boom (unreachable))
                               (func (export "_start")) (func (export "other"))))");
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(guest->Call("other"), Fails(ErrorCode::kRuntimeError, HasSubstr("start function")));
}

TEST_F(CommandTest, AnExitInTheModulesStartFunctionIsTheGuests) {
  const Ran ran = RunWat(R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (func $leave (call $proc_exit (i32.const 3)))
      (start $leave)
      (func (export "_start") (unreachable))))");
  EXPECT_EQ(ran.end, "exit 3");
}

TEST_F(CommandTest, AMemoryThatCantBeHadSaysSo) {
  // 2^48 bytes are more than any address space can provide.
  const Ran ran = RunWat("(module (memory i64 0x100000000) (func (export \"_start\")))");
  EXPECT_EQ(ran.end, "trap");
  EXPECT_THAT(ran.backtrace, HasSubstr("memory"));
}

TEST_F(CommandTest, WritesBeforeATrapAreNotLost) {
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

TEST_F(CommandTest, AnExitOfACallIsNoneOfWhatFollows) {
  auto guest = NewGuest(R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (func (export "leave") (call $proc_exit (i32.const 0)))
      (func (export "_start") (unreachable))))");
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(guest->Call("leave"),
              Fails(ErrorCode::kRuntimeError, "\"leave\" ended the guest with exit code 0"));
  EXPECT_EQ(EndText(guest->Run()), "trap");
}

TEST_F(CommandTest, CallsAnotherExport) {
  auto guest = NewGuest(R"((module
      (global $calls (mut i32) (i32.const 0))
      (func (export "_start"))
      (func (export "third_time_traps")
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (if (i32.eq (global.get $calls) (i32.const 3)) (then (unreachable))))
      (global (export "no_function") i32 (i32.const 0))))");
  ASSERT_THAT(guest, IsOk());
  // A guest can be called before and after Run, in one instance.
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
