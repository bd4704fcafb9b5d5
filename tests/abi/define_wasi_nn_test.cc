// DefineWasiNn, as an embedder of Wasmtime uses it: one linker for many stores, each with its own
// view.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <wasmtime.hh>

#include "abi/abi_host.h"
#include "namesake/wasmtime.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Opens "identity" and a context of it; returns the two errnos, combined with OR.
constexpr std::string_view kGuest = R"((module
    (import "wasi_ephemeral_nn" "load_by_name"
      (func $load_by_name (param i32 i32 i32) (result i32)))
    (import "wasi_ephemeral_nn" "init_execution_context"
      (func $init_execution_context (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "identity")
    (func (export "open") (result i32)
      (i32.or (call $load_by_name (i32.const 0) (i32.const 8) (i32.const 16))
        (call $init_execution_context (i32.load (i32.const 16)) (i32.const 16))))))";

class DefineWasiNnTest : public ::testing::Test {
 protected:
  wasmtime::Engine& engine() { return TestRuntime().engine(); }

  AbiHost host_;
  wasmtime::Linker linker_{TestRuntime().engine()};
};

TEST_F(DefineWasiNnTest, OneLinkerServesManyStoresEachWithItsView) {
  // The store that a call comes from decides which view it gets.
  struct Views {
    std::unique_ptr<View> all;
    std::unique_ptr<View> none;
    wasmtime_context_t* store_of_all = nullptr;
  } views{
      .all = host_.host().NewView(),
      .none = host_.NewView({.name = "blind", .policy = {.host_models = HostModels::kGranted}})};
  const auto find = [](void* env, wasmtime_context_t* store) -> View* {
    const auto& known = *static_cast<Views*>(env);
    return store == known.store_of_all ? known.all.get() : known.none.get();
  };
  ASSERT_THAT(DefineWasiNn(linker_.capi(), find, &views), IsOk());
  const wasmtime::Module module = CompileWat(std::string(kGuest));
  wasmtime::Store all(engine());
  wasmtime::Store none(engine());
  views.store_of_all = all.context().capi();
  const auto open = [&](wasmtime::Store& store) {
    auto instance = linker_.instantiate(store, module).unwrap();
    return std::get<wasmtime::Func>(*instance.get(store, "open")).call(store, {}).unwrap()[0].i32();
  };
  EXPECT_EQ(open(all), 0);
  EXPECT_EQ(open(none), 8 | 1);  // not_found for the name, then an invalid graph.
  EXPECT_EQ(host_.counters().contexts, 1);
}

TEST_F(DefineWasiNnTest, TheSameModuleTwiceIsRefused) {
  const auto view = host_.host().NewView();
  ASSERT_THAT(DefineWasiNn(linker_.capi(), *view), IsOk());
  EXPECT_THAT(DefineWasiNn(linker_.capi(), *view),
              Fails(ErrorCode::kInvalidArgument, HasSubstr("wasi_ephemeral_nn")));
}

TEST_F(DefineWasiNnTest, AGuestOfAnotherSignatureDoesNotLink) {
  const auto view = host_.host().NewView();
  GuestIo io;
  const auto linked = NewGuest(R"((module
      (import "wasi_ephemeral_nn" "compute" (func (param i64) (result i32)))
      (func (export "_start"))))",
                               host_, *view, io);
  EXPECT_THAT(linked, Fails(ErrorCode::kInvalidArgument,
                            AllOf(HasSubstr("wasi_ephemeral_nn"), HasSubstr("compute"))));
}

TEST_F(DefineWasiNnTest, AFunctionThatTheSpecificationLacksDoesNotLink) {
  const auto view = host_.host().NewView();
  GuestIo io;
  const auto linked = NewGuest(R"((module
      (import "wasi_ephemeral_nn" "close" (func (param i32) (result i32)))
      (func (export "_start"))))",
                               host_, *view, io);
  EXPECT_THAT(linked, Fails(ErrorCode::kInvalidArgument,
                            AllOf(HasSubstr("wasi_ephemeral_nn"), HasSubstr("close"))));
}

}  // namespace
}  // namespace namesake::test
