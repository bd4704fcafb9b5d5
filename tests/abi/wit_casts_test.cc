// Runs a component through each of the casts in rust/src/casts.rs, from a type of Wasmtime's C API
// to the Rust value inside it. If a layout changed, these tests would crash or see something else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <namesake_components.h>

#include <memory>
#include <string>
#include <wasmtime.hh>
#include <wasmtime/component.hh>

#include "abi/abi_host.h"
#include "abi/wit_guest.h"
#include "engine/guest_limits.h"
#include "namesake/wasmtime.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

using ::testing::HasSubstr;
using wasmtime::component::Component;

GuestEngine& LimitedEngine() {
  static const std::shared_ptr<GuestEngine> engine =
      GuestEngine::Create({.interruptible = false}).value();
  return *engine;
}

// The error that a call ended with; empty for success.
std::string CallGo(const ComponentPre& pre, wasmtime::Store& store) {
  wasmtime_component_instance_t raw;
  if (wasmtime_error_t* error = pre.Instantiate(store.context().capi(), &raw)) {
    return wasmtime::Error(error).message();
  }
  const wasmtime::component::Instance instance(raw);
  const auto index = instance.get_export_index(store.context(), nullptr, "go");
  const auto function = instance.get_func(store.context(), index.value()).value();
  const auto called = function.call(store.context(), {}, {});
  return called ? "" : called.err().message();
}

// Casts the linker, the component, the pre-instantiation, and the store as seen by a call.
TEST(WitCasts, ACallComesFromTheStoreThatItWasMadeIn) {
  AbiHost host;
  struct Seen {
    std::unique_ptr<View> view;
    wasmtime_context* store = nullptr;
    int calls = 0;
  } seen{.view = host.host().NewView()};
  const auto find = [](void* env, wasmtime_context* store) -> View* {
    auto& here = *static_cast<Seen*>(env);
    here.store = store;
    ++here.calls;
    return here.view.get();
  };
  wasmtime::component::Linker linker(TestRuntime().engine());
  ASSERT_THAT(DefineWasiNn(linker.capi(), find, &seen), IsOk());
  const Component component = CompileComponentWat(
      TestRuntime(), WitGuestWat({.body = "(call $tensor_drop (call $tensor))"}));
  const ComponentPre pre = ComponentPre::Make(linker.capi(), component.capi()).value();
  wasmtime::Store first(TestRuntime().engine());
  wasmtime::Store second(TestRuntime().engine());
  EXPECT_EQ(CallGo(pre, first), "");
  EXPECT_EQ(seen.store, first.context().capi());
  EXPECT_EQ(CallGo(pre, second), "");
  EXPECT_EQ(seen.store, second.context().capi());
  EXPECT_EQ(seen.calls, 4);
}

// Both memories have one page. The limit leaves room for one more: the first gets it, then the
// second gets none.
constexpr const char* kTwoMemories = R"((component
  (core module $first (memory (export "memory") 1)
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))
  (core module $second (import "first" "grow" (func $grow_first (result i32)))
    (memory (export "memory") 1)
    (func (export "go")
      (if (i32.ne (call $grow_first) (i32.const 1)) (then (unreachable)))
      (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
      (if (i32.ne (call $grow_first) (i32.const -1)) (then (unreachable)))))
  (core instance $one (instantiate $first))
  (core instance $two (instantiate $second (with "first" (instance $one))))
  (func (export "go") (canon lift (core func $two "go")))))";

constexpr std::uint64_t kPage = 64 << 10;

TEST(WitCasts, MemoriesOfAStoreCountTogether) {
  AbiHost host;
  const auto view = host.host().NewView();
  auto guest =
      NewComponent(kTwoMemories, *view, {.max_guest_memory_bytes = 3 * kPage}, LimitedEngine());
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(guest->Call("go"), IsOk());
}

TEST(WitCasts, MemoriesThatBeginTogetherAboveTheLimitAreRefused) {
  AbiHost host;
  const auto view = host.host().NewView();
  auto guest =
      NewComponent(kTwoMemories, *view, {.max_guest_memory_bytes = 2 * kPage - 1}, LimitedEngine());
  ASSERT_THAT(guest, IsOk());
  EXPECT_THAT(
      guest->Call("go"),
      Fails(ErrorCode::kRuntimeError,
            HasSubstr("the guest's initial memory is above the limit max_guest_memory_bytes")));
}

// A tensor's extents take 8 bytes, and its data 24.
TEST(WitCasts, TheBudgetOfAStoresCallsIsKeptToTheByte) {
  AbiHost host;
  const auto view = host.host().NewView();
  wasmtime::component::Linker linker(TestRuntime().engine());
  ASSERT_THAT(DefineWasiNn(linker.capi(), *view), IsOk());
  const Component component = CompileComponentWat(
      TestRuntime(), WitGuestWat({.body = "(call $tensor_drop (call $tensor))"}));
  const ComponentPre pre = ComponentPre::Make(linker.capi(), component.capi()).value();
  wasmtime::Store enough(TestRuntime().engine());
  namesake_store_set_hostcall_budget(enough.context().capi(), 32);
  EXPECT_EQ(CallGo(pre, enough), "");
  wasmtime::Store less(TestRuntime().engine());
  namesake_store_set_hostcall_budget(less.context().capi(), 31);
  EXPECT_THAT(CallGo(pre, less), HasSubstr("fuel"));
}

}  // namespace
}  // namespace namesake::test
