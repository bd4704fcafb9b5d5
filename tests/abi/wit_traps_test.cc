// Components that trap, at whatever point: their view takes back everything that they held, and the
// host serves others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "abi/abi_host.h"
#include "abi/wit_guest.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

using ::testing::HasSubstr;

struct Place {
  std::string name;
  WitGuest guest;
  // The engine's text about the trap.
  std::string trap;
  // What the view holds after the trap.
  std::uint64_t graphs = 0;
  std::uint64_t contexts = 0;
  std::uint64_t tensors = 0;
};

void PrintTo(const Place& place, std::ostream* stream) { *stream << place.name; }

class WitTraps : public ::testing::TestWithParam<Place> {};

TEST_P(WitTraps, LeaveNothing) {
  AbiHost host;
  const Place& place = GetParam();
  auto view = host.NewView({.name = "trapping"});
  const std::shared_ptr<const Account> account = view->account().shared_from_this();
  {
    auto guest = NewComponent(WitGuestWat(place.guest), *view);
    ASSERT_THAT(guest, IsOk());
    EXPECT_THAT(guest->Call("go"), Fails(ErrorCode::kRuntimeError, HasSubstr(place.trap)));
    EXPECT_EQ(account->used(Resource::kGraphs), place.graphs);
    EXPECT_EQ(account->used(Resource::kContexts), place.contexts);
    EXPECT_EQ(account->used(Resource::kTensors), place.tensors);
    // It can't be entered again.
    EXPECT_THAT(guest->Call("go"), Fails(ErrorCode::kRuntimeError, HasSubstr("")));
  }
  view.reset();
  host.ExpectNothingLeft(*account);
  host.ExpectServes();
}

constexpr const char* kUnreachable = "wasm `unreachable` instruction executed";
constexpr std::string_view kInOne = "2024-10-28";

// Functions are those of the interface 2024-06-25 unless a case names another.
const Place kPlaces[] = {
    {.name = "AtOnce", .guest = {.body = "(unreachable)"}, .trap = kUnreachable},
    {.name = "WithATensor",
     .guest = {.body = "(drop (call $tensor)) (unreachable)"},
     .trap = kUnreachable,
     .tensors = 1},
    {.name = "WithAGraph",
     .guest = {.body = "(drop (call $identity)) (unreachable)"},
     .trap = kUnreachable,
     .graphs = 1},
    {.name = "WithAContext",
     .guest = {.body = "(drop (call $context (call $identity))) (unreachable)"},
     .trap = kUnreachable,
     .graphs = 1,
     .contexts = 1},
    {.name = "WithAComputedContext",
     .guest = {.body = "(drop (call $given)) (unreachable)"},
     .trap = kUnreachable,
     .graphs = 1,
     .contexts = 1},
    {.name = "WithAnOutput",
     .guest = {.body = R"((call $get_output (call $given) (i32.const 48) (i32.const 1)
         (i32.const 256)) (drop (call $made)) (unreachable))"},
     .trap = kUnreachable,
     .graphs = 1,
     .contexts = 1,
     .tensors = 1},
    {.name = "WithOutputsOfOneCall",
     .guest = {.version = kInOne, .body = "(drop (call $given)) (unreachable)"},
     .trap = kUnreachable,
     .graphs = 1,
     .contexts = 1,
     .tensors = 1},
    {.name = "WithAnError",
     .guest = {.body = R"((call $load_by_name (i32.const 0) (i32.const 3) (i32.const 256))
         (unreachable))"},
     .trap = kUnreachable},
    {.name = "AtTheStart", .guest = {.body = "", .start = "(unreachable)"}, .trap = kUnreachable},
    {.name = "AtTheStartWithAllItHolds",
     .guest = {.body = "", .start = "(drop (call $tensor)) (drop (call $given)) (unreachable)"},
     .trap = kUnreachable,
     .graphs = 1,
     .contexts = 1,
     .tensors = 1},
    // The host returns a list, for which the guest's allocator has no room.
    {.name = "InTheAllocatorForATensorsData",
     .guest = {.body = "(call $tensor_data (call $tensor) (i32.const 256))",
               .realloc = "(unreachable)"},
     .trap = kUnreachable,
     .tensors = 1},
    {.name = "InTheAllocatorForAnErrorsText",
     .guest = {.body = R"((call $load_by_name (i32.const 0) (i32.const 3) (i32.const 256))
         (call $error_data (i32.load (i32.const 260)) (i32.const 256)))",
               .realloc = "(unreachable)"},
     .trap = kUnreachable},
    {.name = "InTheAllocatorForTheOutputs",
     .guest = {.version = kInOne, .body = "(drop (call $given))", .realloc = "(unreachable)"},
     .trap = kUnreachable,
     .graphs = 1,
     .contexts = 1,
     .tensors = 1},
    {.name = "AnAllocatorThatPointsBeyondTheMemory",
     .guest = {.body = "(call $tensor_data (call $tensor) (i32.const 256))",
               .realloc = "(i32.const -16)"},
     .trap = "realloc return: beyond end of memory",
     .tensors = 1},
    {.name = "AnAllocatorThatDoesNotAlign",
     .guest = {.version = kInOne, .body = "(drop (call $given))", .realloc = "(i32.const 1025)"},
     .trap = "realloc return: result not aligned",
     .graphs = 1,
     .contexts = 1,
     .tensors = 1},
    // What the canonical ABI forbids.
    {.name = "AListBeyondTheMemory",
     .guest = {.body = R"((drop (call $tensor_new (i32.const 16) (i32.const 2) (i32.const 1)
         (i32.const 131064) (i32.const 24))))"},
     .trap = "list pointer/length out of bounds of memory"},
    {.name = "AListThatIsNotAligned",
     .guest = {.body = R"((drop (call $tensor_new (i32.const 17) (i32.const 2) (i32.const 1)
         (i32.const 512) (i32.const 24))))"},
     .trap = "list pointer is not aligned"},
    {.name = "ANameBeyondTheMemory",
     .guest = {.body = "(call $load_by_name (i32.const 131071) (i32.const 8) (i32.const 256))"},
     .trap = "out of bounds"},
    {.name = "ANameThatIsNoText",
     .guest = {.body = R"((i32.store8 (i32.const 256) (i32.const 255))
         (call $load_by_name (i32.const 256) (i32.const 1) (i32.const 256)))"},
     .trap = "utf-8"},
    {.name = "ANumberOfNoType",
     .guest = {.body = R"((drop (call $tensor_new (i32.const 16) (i32.const 2) (i32.const 7)
         (i32.const 512) (i32.const 24))))"},
     .trap = "discriminant"},
    {.name = "AHandleMadeUp",
     .guest = {.body = R"((drop (call $identity)) (call $init_context (i32.const 77)
         (i32.const 256)))"},
     .trap = "unknown handle index 77",
     .graphs = 1},
    {.name = "AHandleOfAnotherKind",
     .guest = {.body = "(call $init_context (call $tensor) (i32.const 256))"},
     .trap = "handle index 1 used with the wrong type",
     .tensors = 1},
    {.name = "AHandleDroppedTwice",
     .guest = {.body = R"((local $tensor i32) (local.set $tensor (call $tensor))
         (call $tensor_drop (local.get $tensor)) (call $tensor_drop (local.get $tensor)))"},
     .trap = "unknown handle index 1"},
    {.name = "ATensorThatWasGivenAway",
     .guest = {.body = R"((local $tensor i32) (local $context i32)
         (local.set $context (call $context (call $identity)))
         (local.set $tensor (call $tensor))
         (call $set_input (local.get $context) (i32.const 48) (i32.const 1) (local.get $tensor)
           (i32.const 256))
         (call $tensor_drop (local.get $tensor)))"},
     .trap = "unknown handle index",
     .graphs = 1,
     .contexts = 1},
    {.name = "ATensorGivenTwiceInOneCall",
     .guest = {.version = kInOne, .body = R"((local $context i32)
         (local.set $context (call $context (call $identity)))
         (call $list (call $tensor))
         (memory.copy (i32.const 300) (i32.const 288) (i32.const 12))
         (call $compute_all (local.get $context) (i32.const 288) (i32.const 2) (i32.const 256)))"},
     .trap = "unknown handle index",
     .graphs = 1,
     .contexts = 1,
     // The engine took the tensor from the guest before it failed; now the view owns it.
     .tensors = 1},
    {.name = "AListOfTensorsBeyondTheMemory",
     .guest = {.version = kInOne,
               .body = R"((call $compute_all (call $context (call $identity)) (i32.const 131064)
         (i32.const 1) (i32.const 256)))"},
     .trap = "out of bounds",
     .graphs = 1,
     .contexts = 1},
};

INSTANTIATE_TEST_SUITE_P(Place, WitTraps, ::testing::ValuesIn(kPlaces),
                         [](const auto& place) { return place.param.name; });

// Lists may overlap. Nine parts that each span all of the guest's memory are more than any encoding
// has, but no more than a guest with a memory limit may pass.
TEST(WitTraps, PartsThatAreEachAllOfTheMemoryAreAnswered) {
  AbiHost host;
  const auto engine = GuestEngine::Create({.interruptible = false}).value();
  const std::string component = WitGuestWat({.body = R"((local $part i32)
      (local.set $part (i32.const 1024))
      (loop $next
        (i32.store (i32.add (local.get $part) (i32.const 4)) (i32.const 131072))
        (local.set $part (i32.add (local.get $part) (i32.const 8)))
        (br_if $next (i32.lt_u (local.get $part) (i32.const 1096))))
      (call $load (i32.const 1024) (i32.const 9) (i32.const 1) (i32.const 0) (i32.const 256))
      (if (i32.ne (i32.load8_u (i32.const 256)) (i32.const 1)) (then (unreachable)))
      (call $error_drop (i32.load (i32.const 260))))"});
  const auto view = host.host().NewView();
  auto guest = NewComponent(component, *view, {.max_guest_memory_bytes = 131072}, *engine);
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(guest->Call("go"), IsOk());
}

TEST(WitTraps, ATrapInOneGuestLeavesAnotherOfTheTenantAlone) {
  AbiHost host;
  const auto tenant = host.host().AddTenant({.name = "both"}).value();
  const auto calm = host.host().NewView({.tenant = *tenant});
  const auto context = calm->InitExecutionContext(calm->LoadByName("identity").value()).value();
  {
    const auto view = host.host().NewView({.tenant = *tenant});
    auto guest = NewComponent(WitGuestWat({.body = "(drop (call $given)) (unreachable)"}), *view);
    ASSERT_THAT(guest, IsOk());
    EXPECT_THAT(guest->Call("go"), Fails(ErrorCode::kRuntimeError, HasSubstr(kUnreachable)));
  }
  EXPECT_THAT(calm->FinalizeExecutionContext(context), IsOk());
}

}  // namespace
}  // namespace namesake::test
