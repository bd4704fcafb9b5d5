// Guests whose memory or time is limited.
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
#include "namesake/guest.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t kPage = 0x10000;

GuestEngine& LimitedEngine() {
  static const std::shared_ptr<GuestEngine> engine = GuestEngine::Create().value();
  return *engine;
}

// A view for guests that never use it.
View& AnyView() {
  static AbiHost host;
  static const std::unique_ptr<View> view = host.host().NewView();
  return *view;
}

Result<Guest> NewGuest(std::string_view wat, GuestOptions options,
                       const GuestImports& imports = {}) {
  const auto program = LoadWat(wat, imports, LimitedEngine());
  if (!program) return std::unexpected(program.error());
  return program->NewGuest(AnyView(), std::move(options));
}

Result<Guest> WithMemory(const std::string& wat, std::uint64_t max_memory_bytes) {
  return NewGuest(wat, {.limits = InstanceLimits{.max_guest_memory_bytes = max_memory_bytes}});
}

GuestOptions ForTime(std::optional<std::chrono::nanoseconds> timeout) {
  return {.limits = InstanceLimits{.guest_timeout = timeout}};
}

Result<Guest> WithTimeout(std::string_view wat, std::chrono::nanoseconds timeout) {
  return NewGuest(wat, ForTime(timeout));
}

std::string EndOf(Result<Guest> guest) {
  if (!guest) return guest.error().detail();
  const GuestEnd end = guest->Run();
  const auto* const trap = std::get_if<GuestTrap>(&end);
  if (const auto* const denied = std::get_if<GuestNotStarted>(&end)) {
    return "not started: " + denied->reason;
  }
  return trap == nullptr ? EndText(end) : "trap: " + trap->backtrace;
}

// A command that exits with the i32 that `expression` evaluates to.
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
    return EndOf(WithMemory(
        Exits(R"((memory (export "memory") 1))",
              "(i32.and (i32.const 0xff) (memory.grow (i32.const " + std::to_string(pages) + ")))"),
        3 * kPage));
  };
  EXPECT_EQ(grow(2), "exit 1");    // The size before, in pages.
  EXPECT_EQ(grow(3), "exit 255");  // -1
}

TEST(GuestMemoryLimit, APartOfAPageIsNoPage) {
  EXPECT_EQ(EndOf(WithMemory(Exits(R"((memory (export "memory") 1))",
                                   "(i32.and (i32.const 0xff) (memory.grow (i32.const 1)))"),
                             2 * kPage - 1)),
            "exit 255");
}

TEST(GuestMemoryLimit, AMemoryThatBeginsAtTheLimitIsTaken) {
  EXPECT_EQ(EndOf(WithMemory(Exits(R"((memory (export "memory") 3))", "(memory.size)"), 3 * kPage)),
            "exit 3");
}

TEST(GuestMemoryLimit, AMemoryThatBeginsAboveTheLimitIsRefused) {
  const std::string above =
      "the guest's initial memory of 256 KiB is above the limit "
      "max_guest_memory_bytes = 192 KiB";
  EXPECT_THAT(WithMemory(Exits(R"((memory (export "memory") 4))", "(memory.size)"), 3 * kPage),
              Fails(ErrorCode::kTooLarge, above));
  EXPECT_THAT(
      WithMemory(Exits(R"((memory (export "m") i64 0x1000000000000))", "(i32.const 0)"), kPage),
      Fails(ErrorCode::kTooLarge, HasSubstr("max_guest_memory_bytes = 64 KiB")));
  EXPECT_THAT(WithMemory(Exits(R"((memory (export "memory") 1))", "(memory.size)"), 0),
              Fails(ErrorCode::kTooLarge, HasSubstr("max_guest_memory_bytes = 0 B")));
}

TEST(GuestMemoryLimit, AMemoryThatTheModuleHidesIsBoundedToo) {
  EXPECT_EQ(EndOf(WithMemory("(module (memory 4) (func (export \"_start\")))", 3 * kPage)),
            "not started: the guest's initial memory is above the limit max_guest_memory_bytes = "
            "192 KiB");
  EXPECT_EQ(EndOf(WithMemory(Exits("(memory 1)",
                                   "(i32.and (i32.const 0xff) (memory.grow "
                                   "(i32.const 3)))"),
                             3 * kPage)),
            "exit 255");
}

TEST(GuestMemoryLimit, SeveralMemoriesCountTogether) {
  const auto grow_second = [](int pages, std::uint64_t limit) {
    return EndOf(WithMemory(
        Exits(
            R"((memory (export "memory") 1) (memory $second 1))",
            fmt::format("(i32.and (i32.const 0xff) (memory.grow $second (i32.const {})))", pages)),
        limit));
  };
  EXPECT_EQ(grow_second(1, 3 * kPage), "exit 1");
  EXPECT_EQ(grow_second(2, 3 * kPage), "exit 255");
  EXPECT_EQ(EndOf(WithMemory(
                R"((module (memory (export "memory") 2) (memory 2) (func (export "_start"))))",
                3 * kPage)),
            "not started: the guest's initial memory is above the limit max_guest_memory_bytes = "
            "192 KiB");
}

TEST(GuestMemoryLimit, AGrowthThatWasRefusedTakesNothing) {
  // Grows beyond the memory's own maximum, then within it. Both fit within the limit only if the
  // first, refused growth took nothing.
  EXPECT_EQ(EndOf(WithMemory(Exits(R"((memory (export "memory") 1 2))",
                                   "(drop (memory.grow (i32.const 2))) "
                                   "(memory.grow (i32.const 1))"),
                             3 * kPage)),
            "exit 1");
}

TEST(GuestMemoryLimit, ASharedMemoryIsRefusedWhereverItIs) {
  const std::string refused =
      "the guest has a shared memory, which can't be held to the limit max_guest_memory_bytes = 64 "
      "KiB; build the guest without threads";
  EXPECT_THAT(WithMemory(R"((module (memory (export "memory") 1 100 shared)
                                        (func (export "_start"))))",
                         kPage),
              Fails(ErrorCode::kUnsupported, refused));
  EXPECT_EQ(EndOf(WithMemory("(module (memory 1 100 shared) (func (export \"_start\")))", kPage)),
            "not started: " + refused);
}

TEST(GuestMemoryLimit, TablesAreBoundedBesideTheMemory) {
  const auto grow = [](int elements) {
    return EndOf(
        WithMemory(Exits(R"((memory (export "memory") 1) (table $t 1 funcref))",
                         "(i32.and (i32.const 0xff) (table.grow $t (ref.null func) (i32.const " +
                             std::to_string(elements) + ")))"),
                   kPage));
  };
  EXPECT_EQ(grow((1 << 23) - 1), "exit 1");
  EXPECT_EQ(grow(1 << 23), "exit 255");
  const auto end = [](int tables, int elements) {
    std::string fields;
    for (int i = 0; i < tables; ++i) fields += fmt::format("(table {} funcref)", elements);
    return EndOf(WithMemory("(module " + fields + "(func (export \"_start\")))", kPage));
  };
  const std::string refused =
      "not started: the guest has more than 64 tables, or more than 8388608 elements in them, the "
      "most allowed under the limit max_guest_memory_bytes = 64 KiB";
  EXPECT_EQ(end(8, 1 << 20), "exit 0");
  EXPECT_EQ(end(8, (1 << 20) + 1), refused);
  EXPECT_EQ(end(64, 1), "exit 0");
  EXPECT_EQ(end(65, 1), refused);
}

TEST(GuestMemoryLimit, AnotherReasonKeepsTheEnginesWords) {
  EXPECT_THAT(EndOf(WithMemory(R"((module (memory 1) (data (i32.const 0x10000) "x")
                                              (func (export "_start"))))",
                               kPage)),
              AllOf(StartsWith("trap: "), HasSubstr("out of bounds memory access")));
}

TEST(GuestMemoryLimit, NeedsAnEngineMadeForIt) {
  const auto program = LoadWat("(module (func (export \"_start\")))");
  EXPECT_THAT(program.value().NewGuest(AnyView(),
                                       {.limits = InstanceLimits{.max_guest_memory_bytes = kPage}}),
              Fails(ErrorCode::kInvalidArgument,
                    "the guest can't have max_guest_memory_bytes: its engine was created with "
                    "GuestEngineOptions::shared_memories"));
}

TEST(GuestTimeout, AGuestThatSpinsIsStopped) {
  auto guest = WithTimeout(kSpins, 20ms);
  ASSERT_THAT(guest, IsOk());
  const GuestEnd end = guest->Run();
  const auto* const timeout = std::get_if<GuestTimeout>(&end);
  ASSERT_NE(timeout, nullptr) << EndText(end);
  EXPECT_EQ(timeout->timeout, 20ms);
  EXPECT_THAT(timeout->backtrace, testing::MatchesRegex("wasm backtrace:\n *0: .*spin"));
}

TEST(GuestTimeout, AStartFunctionThatSpinsIsStopped) {
  auto guest = WithTimeout(R"((module (func $spin (loop $again (br $again))) (start $spin)
                                          (func (export "_start") (unreachable))))",
                           20ms);
  EXPECT_EQ(EndOf(std::move(guest)), "timeout");
}

TEST(GuestTimeout, AGuestThatRecursesIsStopped) {
  // Without a loop: each call checks the clock.
  auto guest = WithTimeout(R"((module
      (func $tree (param $depth i32)
        (if (local.get $depth) (then
          (call $tree (i32.sub (local.get $depth) (i32.const 1)))
          (call $tree (i32.sub (local.get $depth) (i32.const 1))))))
      (func (export "_start") (call $tree (i32.const 100)))))",
                           20ms);
  EXPECT_EQ(EndOf(std::move(guest)), "timeout");
}

TEST(GuestTimeout, ThatIsOverAtOnceStopsTheFirstInstruction) {
  EXPECT_EQ(EndOf(WithTimeout("(module (func (export \"_start\") (unreachable)))", 0ns)),
            "timeout");
}

TEST(GuestTimeout, AGuestThatEndsInTimeEndsAsItLikes) {
  EXPECT_EQ(EndOf(WithTimeout("(module (func (export \"_start\")))", 1h)), "exit 0");
  EXPECT_EQ(EndOf(WithTimeout(Exits("(memory (export \"memory\") 1)", "(i32.const 7)"), 1h)),
            "exit 7");
  EXPECT_THAT(EndOf(WithTimeout("(module (func (export \"_start\") (unreachable)))", 1h)),
              HasSubstr("unreachable"));
  EXPECT_EQ(
      EndOf(WithTimeout("(module (func (export \"_start\")))", std::chrono::nanoseconds::max())),
      "exit 0");
}

// Counts to 2^28, which takes a while, and checks the clock in every round.
constexpr std::string_view kCounts = R"((module (func (export "_start") (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 0x10000000)))))))";

TEST(GuestTimeout, TheEndOfOneGuestsTimeEndsNoOther) {
  for (const std::optional<std::chrono::nanoseconds> timeout :
       {std::optional<std::chrono::nanoseconds>(1h), {}}) {
    auto patient = NewGuest(kCounts, ForTime(timeout));
    ASSERT_THAT(patient, IsOk());
    std::string patient_end;
    std::atomic<bool> ended = false;
    std::latch running(1);
    {
      const std::jthread thread([&] {
        running.count_down();
        patient_end = EndText(patient->Run());
        ended = true;
      });
      running.wait();
      do {
        EXPECT_EQ(EndOf(WithTimeout(kSpins, 5ms)), "timeout");
      } while (!ended);
    }
    EXPECT_EQ(patient_end, "exit 0");
  }
}

TEST(GuestTimeout, GuestsOfOneEngineAreStoppedEachAtItsOwnTime) {
  std::string slow_end;
  {
    const std::jthread thread([&] { slow_end = EndOf(WithTimeout(kSpins, 60ms)); });
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(EndOf(WithTimeout(kSpins, 7ms)), "timeout");
    }
  }
  EXPECT_EQ(slow_end, "timeout");
}

TEST(GuestTimeout, TheDeadlineBeginsWithTheFirstInstruction) {
  auto guest = WithTimeout(R"((module (func (export "_start")) (func (export "other"))))", 1h);
  ASSERT_THAT(guest, IsOk());
  EXPECT_TRUE(guest->deadline().never());
  const auto before = Deadline::Clock::now();
  EXPECT_THAT(guest->Call("other"), IsOk());
  const Deadline deadline = guest->deadline();
  ASSERT_FALSE(deadline.never());
  EXPECT_GE(*deadline.when(), before + 1h);
  EXPECT_LE(*deadline.when(), Deadline::Clock::now() + 1h);
  // The deadline is the same for every call.
  EXPECT_EQ(EndText(guest->Run()), "exit 0");
  EXPECT_EQ(guest->deadline().when(), deadline.when());
}

TEST(GuestTimeout, WithoutOneThereIsNoDeadline) {
  auto guest = NewGuest("(module (func (export \"_start\")))", {});
  ASSERT_THAT(guest, IsOk());
  EXPECT_EQ(EndText(guest->Run()), "exit 0");
  EXPECT_TRUE(guest->deadline().never());
}

TEST(GuestTimeout, ACallIsStoppedToo) {
  auto guest = WithTimeout(
      R"((module (func (export "_start")) (func (export "spin") (loop $again (br $again)))))",
      20ms);
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(guest->Call("spin"),
              Fails(ErrorCode::kTimeout,
                    StartsWith("\"spin\" was stopped after the guest's timeout of 20 ms: ")));
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
  GuestOptions options = ForTime(timeout);
  options.overdue_grace = 5ms;
  options.on_overdue = [&] {
    if (++reports == 1) reported.count_down();
  };
  const GuestImports imports{.module = [&](wasmtime_linker_t* raw) -> Result<void> {
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
  }};
  auto guest = NewGuest(R"((module (import "test" "wait" (func $wait))
          (func (export "_start") (call $wait) (loop $again (br $again)))))",
                        std::move(options), imports);
  seen.end = EndText(guest.value().Run());
  seen.reports = reports;
  return seen;
}

TEST(GuestTimeout, TheOverdueGuestIsReportedOnceWhileItsHostCallLasts) {
  Overdue seen;
  // On a busy machine the time may be up before the guest reaches the call.
  for (auto timeout = 10ms; seen.host_calls == 0; timeout *= 2) seen = WaitUntilOverdue(timeout);
  EXPECT_EQ(seen.reports, 1);
  // The call returned and the guest went on, but its time was up.
  EXPECT_EQ(seen.end, "timeout");
}

TEST(GuestTimeout, NothingIsOverdueThatWasStopped) {
  GuestOptions options = ForTime(5ms);
  options.overdue_grace = 1h;
  options.on_overdue = [] { ADD_FAILURE() << "the guest was stopped"; };
  EXPECT_EQ(EndOf(NewGuest(kSpins, std::move(options))), "timeout");
}

TEST(GuestTimeout, NeedsAnEngineMadeForIt) {
  const auto program = LoadWat("(module (func (export \"_start\")))").value();
  EXPECT_THAT(program.NewGuest(AnyView(), ForTime(1s)),
              Fails(ErrorCode::kInvalidArgument,
                    "the guest can't have a guest_timeout: its engine was created without "
                    "GuestEngineOptions::interruptible"));
  const std::stop_source source;
  EXPECT_THAT(program.NewGuest(AnyView(), {.stop = source.get_token()}),
              Fails(ErrorCode::kInvalidArgument,
                    "the guest can't have a stop token: its engine was created without "
                    "GuestEngineOptions::interruptible"));
}

// The sources are on the heap: under a sanitizer, g++ 12 takes one on the stack for uninitialized.
TEST(GuestStop, AGuestThatSpinsIsStopped) {
  const auto owned = std::make_unique<std::stop_source>();
  std::stop_source& source = *owned;
  auto guest = NewGuest(kSpins, {.stop = source.get_token()});
  ASSERT_THAT(guest, IsOk());
  const std::jthread stopper([&] { source.request_stop(); });
  const GuestEnd end = guest->Run();
  const auto* const stopped = std::get_if<GuestStopped>(&end);
  ASSERT_NE(stopped, nullptr) << EndText(end);
  EXPECT_THAT(stopped->backtrace, testing::MatchesRegex("wasm backtrace:\n *0: .*spin"));
}

TEST(GuestStop, ThatWasAskedBeforeStopsTheFirstInstruction) {
  const auto owned = std::make_unique<std::stop_source>();
  std::stop_source& source = *owned;
  source.request_stop();
  EXPECT_EQ(EndOf(NewGuest("(module (func (export \"_start\") (unreachable)))",
                           {.stop = source.get_token()})),
            "stopped");
}

TEST(GuestStop, AfterTheEndDoesNothing) {
  const auto owned = std::make_unique<std::stop_source>();
  std::stop_source& source = *owned;
  auto guest = NewGuest("(module (func (export \"_start\")))", {.stop = source.get_token()});
  ASSERT_THAT(guest, IsOk());
  EXPECT_EQ(EndText(guest->Run()), "exit 0");
  source.request_stop();
}

TEST(GuestStop, StopsTheOneGuestAlone) {
  const auto owned = std::make_unique<std::stop_source>();
  std::stop_source& source = *owned;
  auto patient = WithTimeout(kCounts, 1h);
  ASSERT_THAT(patient, IsOk());
  std::string patient_end;
  {
    const std::jthread thread([&] { patient_end = EndText(patient->Run()); });
    auto guest = NewGuest(kSpins, {.stop = source.get_token()});
    ASSERT_THAT(guest, IsOk());
    const std::jthread stopper([&] { source.request_stop(); });
    EXPECT_EQ(EndText(guest->Run()), "stopped");
  }
  EXPECT_EQ(patient_end, "exit 0");
}

// The guest ends when the host call returns. Meanwhile it is reported as overdue.
TEST(GuestStop, AGuestInACallOfTheHostEndsWithTheCall) {
  const auto owned = std::make_unique<std::stop_source>();
  std::stop_source& source = *owned;
  std::latch overdue(1);
  GuestOptions options{.stop = source.get_token()};
  options.overdue_grace = 1ms;
  options.on_overdue = [&] { overdue.count_down(); };
  const GuestImports imports{.module = [&](wasmtime_linker_t* raw) -> Result<void> {
    wasmtime::Linker linker(raw);
    linker
        .func_wrap("test", "wait",
                   [&] {
                     source.request_stop();
                     overdue.wait();
                   })
        .unwrap();
    linker.capi_release();
    return {};
  }};
  auto guest = NewGuest(R"((module (import "test" "wait" (func $wait))
          (func (export "_start") (call $wait) (loop $again (br $again)))))",
                        std::move(options), imports);
  EXPECT_EQ(EndOf(std::move(guest)), "stopped");
}

}  // namespace
}  // namespace namesake::test
