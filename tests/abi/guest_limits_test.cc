// Guests with a limit on their memory or on their time.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "abi/abi_host.h"
#include "engine/command_guest.h"
#include "engine/runtime.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t kPage = 0x10000;

engine::Runtime& LimitedRuntime() {
  static const std::unique_ptr<engine::Runtime> runtime =
      engine::Runtime::Create(
          {.module_cache_dir = {}, .guest_timeouts = true, .guest_memory_limits = true})
          .value();
  return *runtime;
}

Result<engine::CommandGuest> Link(const std::string& wat, const engine::CommandOptions& options) {
  auto module = wasmtime::Module::compile(LimitedRuntime().engine(), std::string_view(wat));
  if (!module) return std::unexpected(Error(ErrorCode::kInternal, module.err().message()));
  return engine::CommandGuest::Link(LimitedRuntime(), module.ok(), options,
                                    [](wasmtime_linker_t*) -> Result<void> { return {}; });
}

Result<engine::CommandGuest> LinkWithMemory(const std::string& wat,
                                            std::uint64_t max_memory_bytes) {
  engine::CommandOptions options;
  options.max_memory_bytes = max_memory_bytes;
  return Link(wat, options);
}

Result<engine::CommandGuest> LinkWithTimeout(const std::string& wat,
                                             std::chrono::nanoseconds timeout) {
  engine::CommandOptions options;
  options.timeout = timeout;
  return Link(wat, options);
}

std::string EndOf(Result<engine::CommandGuest> guest) {
  if (!guest) return guest.error().detail();
  const GuestEnd end = guest->Run();
  const auto* const trap = std::get_if<GuestTrap>(&end);
  if (const auto* const denied = std::get_if<GuestNotStarted>(&end)) {
    return "not started: " + denied->reason;
  }
  return trap == nullptr ? EndText(end) : "trap: " + trap->backtrace;
}

// A command that exits with what `expression` gives, an i32.
std::string Exits(const std::string& fields, const std::string& expression) {
  return R"((module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      )" +
         fields + "(func (export \"_start\") (call $exit " + expression + ")))";
}

constexpr std::string_view kSpins =
    R"((module (memory (export "memory") 1)
         (func $spin (export "_start") (loop $again (br $again)))))";

TEST(GuestMemoryLimit, MemoryGrowsToTheLimitAndNoFurther) {
  const auto grow = [](int pages) {
    return EndOf(LinkWithMemory(
        Exits(R"((memory (export "memory") 1))",
              "(i32.and (i32.const 0xff) (memory.grow (i32.const " + std::to_string(pages) + ")))"),
        3 * kPage));
  };
  EXPECT_EQ(grow(2), "exit 1");    // The size before, in pages.
  EXPECT_EQ(grow(3), "exit 255");  // -1
}

TEST(GuestMemoryLimit, APartOfAPageIsNoPage) {
  EXPECT_EQ(EndOf(LinkWithMemory(Exits(R"((memory (export "memory") 1))",
                                       "(i32.and (i32.const 0xff) (memory.grow (i32.const 1)))"),
                                 2 * kPage - 1)),
            "exit 255");
}

TEST(GuestMemoryLimit, AMemoryThatBeginsAtTheLimitIsTaken) {
  EXPECT_EQ(
      EndOf(LinkWithMemory(Exits(R"((memory (export "memory") 3))", "(memory.size)"), 3 * kPage)),
      "exit 3");
}

TEST(GuestMemoryLimit, AMemoryThatBeginsAboveTheLimitIsRefused) {
  const std::string above =
      "the guest's memory begins with 256 KiB, above the limit "
      "max_guest_memory_bytes = 192 KiB";
  EXPECT_THAT(LinkWithMemory(Exits(R"((memory (export "memory") 4))", "(memory.size)"), 3 * kPage),
              Fails(ErrorCode::kTooLarge, above));
  EXPECT_THAT(
      LinkWithMemory(Exits(R"((memory (export "m") i64 0x1000000000000))", "(i32.const 0)"), kPage),
      Fails(ErrorCode::kTooLarge, HasSubstr("max_guest_memory_bytes = 64 KiB")));
  EXPECT_THAT(LinkWithMemory(Exits(R"((memory (export "memory") 1))", "(memory.size)"), 0),
              Fails(ErrorCode::kTooLarge, HasSubstr("max_guest_memory_bytes = 0 B")));
}

TEST(GuestMemoryLimit, AMemoryThatTheModuleHidesIsBoundedToo) {
  EXPECT_EQ(
      EndOf(LinkWithMemory("(module (memory 4) (func (export \"_start\")))", 3 * kPage)),
      "not started: the guest's memories begin above the limit max_guest_memory_bytes = 192 KiB");
  EXPECT_EQ(EndOf(LinkWithMemory(Exits("(memory 1)",
                                       "(i32.and (i32.const 0xff) (memory.grow "
                                       "(i32.const 3)))"),
                                 3 * kPage)),
            "exit 255");
}

TEST(GuestMemoryLimit, SeveralMemoriesCountTogether) {
  const auto grow_second = [](int pages, std::uint64_t limit) {
    return EndOf(LinkWithMemory(
        Exits(
            R"((memory (export "memory") 1) (memory $second 1))",
            fmt::format("(i32.and (i32.const 0xff) (memory.grow $second (i32.const {})))", pages)),
        limit));
  };
  EXPECT_EQ(grow_second(1, 3 * kPage), "exit 1");
  EXPECT_EQ(grow_second(2, 3 * kPage), "exit 255");
  EXPECT_EQ(
      EndOf(LinkWithMemory(
          R"((module (memory (export "memory") 2) (memory 2) (func (export "_start"))))",
          3 * kPage)),
      "not started: the guest's memories begin above the limit max_guest_memory_bytes = 192 KiB");
}

TEST(GuestMemoryLimit, AGrowthThatWasRefusedTakesNothing) {
  // Beyond its own maximum, then within it: the limit has room for both only if the first took
  // none.
  EXPECT_EQ(EndOf(LinkWithMemory(Exits(R"((memory (export "memory") 1 2))",
                                       "(drop (memory.grow (i32.const 2))) "
                                       "(memory.grow (i32.const 1))"),
                                 3 * kPage)),
            "exit 1");
}

TEST(GuestMemoryLimit, ASharedMemoryIsRefusedWhereverItIs) {
  const std::string refused =
      "the guest has a shared memory, which the limit max_guest_memory_bytes = 64 KiB can't hold "
      "back; build the guest without threads";
  EXPECT_THAT(LinkWithMemory(R"((module (memory (export "memory") 1 100 shared)
                                        (func (export "_start"))))",
                             kPage),
              Fails(ErrorCode::kUnsupported, refused));
  EXPECT_THAT(LinkWithMemory(R"((module (import "env" "memory" (memory 1 100 shared))
                                        (func (export "_start"))))",
                             kPage),
              Fails(ErrorCode::kUnsupported, refused));
  EXPECT_EQ(
      EndOf(LinkWithMemory("(module (memory 1 100 shared) (func (export \"_start\")))", kPage)),
      "not started: " + refused);
}

TEST(GuestMemoryLimit, TablesAreBoundedBesideTheMemory) {
  const auto grow = [](int elements) {
    return EndOf(LinkWithMemory(
        Exits(R"((memory (export "memory") 1) (table $t 1 funcref))",
              "(i32.and (i32.const 0xff) (table.grow $t (ref.null func) (i32.const " +
                  std::to_string(elements) + ")))"),
        kPage));
  };
  EXPECT_EQ(grow((1 << 23) - 1), "exit 1");
  EXPECT_EQ(grow(1 << 23), "exit 255");
  const auto end = [](int tables, int elements) {
    std::string fields;
    for (int i = 0; i < tables; ++i) fields += fmt::format("(table {} funcref)", elements);
    return EndOf(LinkWithMemory("(module " + fields + "(func (export \"_start\")))", kPage));
  };
  const std::string refused =
      "not started: the guest has more than 64 tables or than 8388608 elements in them, which is "
      "all that "
      "the limit max_guest_memory_bytes = 64 KiB leaves it";
  EXPECT_EQ(end(8, 1 << 20), "exit 0");
  EXPECT_EQ(end(8, (1 << 20) + 1), refused);
  EXPECT_EQ(end(64, 1), "exit 0");
  EXPECT_EQ(end(65, 1), refused);
}

TEST(GuestMemoryLimit, AnotherReasonKeepsTheEnginesWords) {
  EXPECT_THAT(EndOf(LinkWithMemory(R"((module (memory 1) (data (i32.const 0x10000) "x")
                                              (func (export "_start"))))",
                                   kPage)),
              AllOf(StartsWith("trap: "), HasSubstr("out of bounds memory access")));
}

TEST(GuestMemoryLimit, NeedsARuntimeMadeForIt) {
  engine::CommandOptions options;
  options.max_memory_bytes = kPage;
  EXPECT_THAT(
      engine::CommandGuest::Link(TestRuntime(), CompileWat("(module (func (export \"_start\")))"),
                                 options, [](wasmtime_linker_t*) -> Result<void> { return {}; }),
      Fails(ErrorCode::kInvalidArgument, HasSubstr("guest_memory_limits")));
}

TEST(GuestTimeout, AGuestThatSpinsIsStopped) {
  auto guest = LinkWithTimeout(std::string(kSpins), 20ms);
  ASSERT_THAT(guest, IsOk());
  const GuestEnd end = guest->Run();
  const auto* const timeout = std::get_if<GuestTimeout>(&end);
  ASSERT_NE(timeout, nullptr) << EndText(end);
  EXPECT_EQ(timeout->timeout, 20ms);
  EXPECT_THAT(timeout->backtrace, testing::MatchesRegex("wasm backtrace:\n *0: .*spin"));
}

TEST(GuestTimeout, AStartFunctionThatSpinsIsStopped) {
  auto guest = LinkWithTimeout(R"((module (func $spin (loop $again (br $again))) (start $spin)
                                          (func (export "_start") (unreachable))))",
                               20ms);
  EXPECT_EQ(EndOf(std::move(guest)), "timeout");
}

TEST(GuestTimeout, AGuestThatRecursesIsStopped) {
  // No loop: each call looks at the clock.
  auto guest = LinkWithTimeout(R"((module
      (func $tree (param $depth i32)
        (if (local.get $depth) (then
          (call $tree (i32.sub (local.get $depth) (i32.const 1)))
          (call $tree (i32.sub (local.get $depth) (i32.const 1))))))
      (func (export "_start") (call $tree (i32.const 100)))))",
                               20ms);
  EXPECT_EQ(EndOf(std::move(guest)), "timeout");
}

TEST(GuestTimeout, ThatIsOverAtOnceStopsTheFirstInstruction) {
  EXPECT_EQ(EndOf(LinkWithTimeout("(module (func (export \"_start\") (unreachable)))", 0ns)),
            "timeout");
}

TEST(GuestTimeout, AGuestThatEndsInTimeEndsAsItLikes) {
  EXPECT_EQ(EndOf(LinkWithTimeout("(module (func (export \"_start\")))", 1h)), "exit 0");
  EXPECT_EQ(EndOf(LinkWithTimeout(Exits("(memory (export \"memory\") 1)", "(i32.const 7)"), 1h)),
            "exit 7");
  EXPECT_THAT(EndOf(LinkWithTimeout("(module (func (export \"_start\") (unreachable)))", 1h)),
              HasSubstr("unreachable"));
  EXPECT_EQ(EndOf(LinkWithTimeout("(module (func (export \"_start\")))",
                                  std::chrono::nanoseconds::max())),
            "exit 0");
}

// Counts to 2^28, which takes a while, looking at the clock every time.
constexpr std::string_view kCounts = R"((module (func (export "_start") (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 0x10000000)))))))";

TEST(GuestTimeout, TheEndOfOneGuestsTimeEndsNoOther) {
  for (const std::optional<std::chrono::nanoseconds> timeout :
       {std::optional<std::chrono::nanoseconds>(1h), {}}) {
    engine::CommandOptions options;
    options.timeout = timeout;
    std::latch running(1);
    options.on_start = [&](Deadline) { running.count_down(); };
    auto patient = Link(std::string(kCounts), options);
    ASSERT_THAT(patient, IsOk());
    std::string patient_end;
    std::atomic<bool> ended = false;
    {
      const std::jthread thread([&] {
        patient_end = EndText(patient->Run());
        ended = true;
      });
      running.wait();
      do {
        EXPECT_EQ(EndOf(LinkWithTimeout(std::string(kSpins), 5ms)), "timeout");
      } while (!ended);
    }
    EXPECT_EQ(patient_end, "exit 0");
  }
}

TEST(GuestTimeout, GuestsOfOneEngineAreStoppedEachAtItsOwnTime) {
  std::string slow_end;
  {
    const std::jthread thread(
        [&] { slow_end = EndOf(LinkWithTimeout(std::string(kSpins), 60ms)); });
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(EndOf(LinkWithTimeout(std::string(kSpins), 7ms)), "timeout");
    }
  }
  EXPECT_EQ(slow_end, "timeout");
}

TEST(GuestTimeout, TheDeadlineIsSetBeforeTheFirstInstruction) {
  engine::CommandOptions options;
  options.timeout = 1h;
  std::optional<Deadline> told;
  int calls = 0;
  options.on_start = [&](Deadline deadline) {
    told = deadline;
    ++calls;
  };
  auto guest = Link(R"((module (func (export "_start")) (func (export "other"))))", options);
  ASSERT_THAT(guest, IsOk());
  EXPECT_TRUE(guest->deadline().never());
  const auto before = Deadline::Clock::now();
  EXPECT_THAT(guest->Call("other"), IsOk());
  EXPECT_EQ(EndText(guest->Run()), "exit 0");
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(calls, 1);
  ASSERT_FALSE(told->never());
  EXPECT_GE(*told->when(), before + 1h);
  EXPECT_LE(*told->when(), Deadline::Clock::now() + 1h);
  EXPECT_EQ(guest->deadline().when(), told->when());
}

TEST(GuestTimeout, WithoutOneThereIsNoDeadline) {
  engine::CommandOptions options;
  std::optional<Deadline> told;
  options.on_start = [&](Deadline deadline) { told = deadline; };
  EXPECT_EQ(EndOf(Link("(module (func (export \"_start\")))", options)), "exit 0");
  ASSERT_TRUE(told.has_value());
  EXPECT_TRUE(told->never());
}

TEST(GuestTimeout, ACallIsStoppedToo) {
  auto guest = LinkWithTimeout(
      R"((module (func (export "_start")) (func (export "spin") (loop $again (br $again)))))",
      20ms);
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(guest->Call("spin"),
              Fails(ErrorCode::kTimeout,
                    StartsWith("\"spin\" was stopped, as the guest's timeout of 20 ms is over: ")));
}

struct Overdue {
  int host_calls = 0;
  int reports = 0;
  std::string end;
};

// A guest that waits in a host call until it is reported as overdue, and then spins.
Overdue WaitUntilOverdue(std::chrono::nanoseconds timeout) {
  Overdue seen;
  std::latch reported(1);
  std::atomic<int> reports = 0;
  engine::CommandOptions options;
  options.timeout = timeout;
  options.overdue_grace = 5ms;
  options.on_overdue = [&] {
    if (++reports == 1) reported.count_down();
  };
  auto module = wasmtime::Module::compile(
      LimitedRuntime().engine(), std::string_view(R"((module (import "test" "wait" (func $wait))
          (func (export "_start") (call $wait) (loop $again (br $again)))))"));
  auto guest = engine::CommandGuest::Link(
      LimitedRuntime(), module.ok(), options, [&](wasmtime_linker_t* raw) -> Result<void> {
        wasmtime::Linker linker(raw);
        linker
            .func_wrap("test", "wait",
                       [&] {
                         ++seen.host_calls;
                         reported.wait();
                         std::this_thread::sleep_for(50ms);  // Time for a second report.
                       })
            .unwrap();
        linker.capi_release();
        return {};
      });
  seen.end = EndText(guest.value().Run());
  seen.reports = reports;
  return seen;
}

TEST(GuestTimeout, TheOverdueGuestIsReportedOnceWhileItsHostCallLasts) {
  Overdue seen;
  // On a busy machine its time may be up before it comes to the call.
  for (auto timeout = 10ms; seen.host_calls == 0; timeout *= 2) seen = WaitUntilOverdue(timeout);
  EXPECT_EQ(seen.reports, 1);
  // The call returned, and the guest went on; its time was up all the same.
  EXPECT_EQ(seen.end, "timeout");
}

TEST(GuestTimeout, NothingIsOverdueThatWasStopped) {
  engine::CommandOptions options;
  options.timeout = 5ms;
  options.overdue_grace = 1h;
  options.on_overdue = [] { ADD_FAILURE() << "the guest was stopped"; };
  EXPECT_EQ(EndOf(Link(std::string(kSpins), options)), "timeout");
}

TEST(GuestTimeout, NeedsARuntimeMadeForIt) {
  engine::CommandOptions options;
  options.timeout = 1s;
  EXPECT_THAT(
      engine::CommandGuest::Link(TestRuntime(), CompileWat("(module (func (export \"_start\")))"),
                                 options, [](wasmtime_linker_t*) -> Result<void> { return {}; }),
      Fails(ErrorCode::kInvalidArgument, HasSubstr("guest_timeouts")));
}

}  // namespace
}  // namespace namesake::test
