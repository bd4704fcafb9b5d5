// Linking components: imports that the host does not serve, several versions at once, and one
// linker for many stores.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <any>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include <wasmtime.hh>
#include <wasmtime/component.hh>

#include "abi/abi_host.h"
#include "abi/wit_guest.h"
#include "namesake/wasmtime.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

using wasmtime::component::Component;

class WitLinkTest : public ::testing::Test {
 protected:
  Result<Guest> LinkImportOf(const std::string& interface) {
    view_ = host_.host().NewView();
    const std::string wat =
        "(component (import \"" + interface + "\" (instance (export \"function\" (func)))))";
    return NewComponent(wat, *view_);
  }

  AbiHost host_;
  std::unique_ptr<View> view_;
};

TEST_F(WitLinkTest, AnotherVersionIsNamedWithTheNearestThatIsServed) {
  EXPECT_THAT(LinkImportOf("wasi:nn/graph@0.2.0-rc-2024-12-01"),
              Fails(ErrorCode::kInvalidArgument,
                    "guest.wat: the guest can't be linked: the component imports "
                    "\"wasi:nn/graph@0.2.0-rc-2024-12-01\", which this host does not provide; the "
                    "closest match is \"wasi:nn/graph@0.2.0-rc-2024-10-28\""));
  EXPECT_THAT(LinkImportOf("wasi:nn/graph@0.2.0-rc-2024-08-18"),
              Fails(ErrorCode::kInvalidArgument,
                    "guest.wat: the guest can't be linked: the component imports "
                    "\"wasi:nn/graph@0.2.0-rc-2024-08-18\", which this host does not provide; the "
                    "closest match is \"wasi:nn/graph@0.2.0-rc-2024-08-19\""));
}

TEST_F(WitLinkTest, AMisspelledNameIsNamedWithTheNearestOfItsVersion) {
  EXPECT_THAT(LinkImportOf("wasi:nm/graph@0.2.0-rc-2024-10-28"),
              Fails(ErrorCode::kInvalidArgument,
                    "guest.wat: the guest can't be linked: the component imports "
                    "\"wasi:nm/graph@0.2.0-rc-2024-10-28\", which this host does not provide; the "
                    "closest match is \"wasi:nn/graph@0.2.0-rc-2024-10-28\""));
}

TEST_F(WitLinkTest, WhatIsLikeNothingServedHasNoNearest) {
  EXPECT_THAT(LinkImportOf("wasi:http/types@0.2.0"),
              Fails(ErrorCode::kInvalidArgument,
                    "guest.wat: the guest can't be linked: the component imports "
                    "\"wasi:http/types@0.2.0\", which this host does not provide"));
}

// The interface is served but lacks the function: the engine's message names both.
TEST_F(WitLinkTest, AFunctionThatAServedInterfaceLacksIsNamed) {
  EXPECT_THAT(LinkImportOf("wasi:nn/graph@0.2.0-rc-2024-10-28"),
              Fails(ErrorCode::kInvalidArgument,
                    ::testing::AllOf(::testing::HasSubstr("wasi:nn/graph@0.2.0-rc-2024-10-28"),
                                     ::testing::HasSubstr("function"))));
}

TEST_F(WitLinkTest, ANewerInterfaceOfOurOwnIsNamedWithTheOneThatIsServed) {
  EXPECT_THAT(LinkImportOf("namesake:nn/names@0.2.0"),
              Fails(ErrorCode::kInvalidArgument,
                    "guest.wat: the guest can't be linked: the component imports "
                    "\"namesake:nn/names@0.2.0\", which this host does not provide; the closest "
                    "match is \"namesake:nn/names@0.1.0\""));
}

TEST_F(WitLinkTest, TwoVersionsInOneCompositionShareAView) {
  const std::string body = "(drop (call $tensor)) (drop (call $given))";
  const std::string component =
      ComposedWat({.version = "2024-06-25", .body = body}, {.version = "2024-10-28", .body = body});
  {
    const auto view = host_.host().NewView();
    auto guest = NewComponent(component, *view);
    ASSERT_THAT(guest, IsOk());
    EXPECT_THAT(guest->Call("go-1"), IsOk());
    EXPECT_EQ(view->account().used(Resource::kTensors), 1U);
    EXPECT_THAT(guest->Call("go-2"), IsOk());
    // The second call also leaves an output.
    EXPECT_EQ(view->account().used(Resource::kTensors), 3U);
    EXPECT_EQ(view->account().used(Resource::kContexts), 2U);
    EXPECT_THAT(guest->Call("go-1"), IsOk());
    EXPECT_EQ(host_.counters().computes, 3);
  }
  host_.ExpectNothingLeft();
}

// A store whose calls go to the view that it carries.
struct BoundStore {
  explicit BoundStore(View& view) : store(TestRuntime().engine()) {
    store.context().set_data(&view);
  }
  static View* Find(void* /*env*/, wasmtime_context* context) {
    return std::any_cast<View*>(wasmtime::Store::Context(context).get_data());
  }

  wasmtime::Store store;
};

// Instantiates and calls "go"; returns false if it traps.
bool RunOnce(const ComponentPre& pre, wasmtime::Store& store) {
  wasmtime_component_instance_t raw;
  if (wasmtime_error_t* error = pre.Instantiate(store.context().capi(), &raw)) {
    ADD_FAILURE() << wasmtime::Error(error).message();
    return false;
  }
  const wasmtime::component::Instance instance(raw);
  const auto index = instance.get_export_index(store.context(), nullptr, "go");
  const auto function = instance.get_func(store.context(), index.value()).value();
  return static_cast<bool>(function.call(store.context(), {}, {}));
}

class WitPreTest : public ::testing::Test {
 protected:
  // The result outlives the linker and the component.
  static ComponentPre MakePre(const WitGuest& guest) {
    wasmtime::component::Linker linker(TestRuntime().engine());
    EXPECT_THAT(DefineWasiNn(linker.capi(), BoundStore::Find, nullptr), IsOk());
    const Component component = CompileComponentWat(TestRuntime(), WitGuestWat(guest));
    return ComponentPre::Make(linker.capi(), component.capi()).value();
  }

  AbiHost host_;
};

TEST_F(WitPreTest, StoresOfOneLinkerSeeTheirOwnViews) {
  const auto seeing = host_.host().NewView();
  const auto blind =
      host_.NewView({.name = "blind", .policy = {.host_models = HostModels::kGranted}});
  const ComponentPre pre = MakePre({.body = "(drop (call $given))"});
  BoundStore first(*seeing);
  BoundStore second(*blind);
  EXPECT_TRUE(RunOnce(pre, first.store));
  EXPECT_FALSE(RunOnce(pre, second.store));
  EXPECT_EQ(seeing->account().used(Resource::kGraphs), 1U);
  EXPECT_EQ(blind->account().used(Resource::kGraphs), 0U);
  // Runs again in the same store, next to the first instance.
  EXPECT_TRUE(RunOnce(pre, first.store));
  EXPECT_EQ(seeing->account().used(Resource::kGraphs), 2U);
}

TEST_F(WitPreTest, ThreadsInstantiateOneComponentAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 8;
  const ComponentPre pre =
      MakePre({.version = "2024-10-28", .body = "(call $context_drop (call $given))"});
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < kRounds; ++round) {
          const auto view = host_.host().NewView();
          BoundStore bound(*view);
          if (!RunOnce(pre, bound.store)) continue;
          if (view->account().used(Resource::kGraphs) == 1) ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, kThreads * kRounds);
  EXPECT_EQ(host_.counters().computes, kThreads * kRounds);
  host_.ExpectNothingLeft();
}

TEST_F(WitPreTest, ALinkerTakesTheDefinitionsOnce) {
  wasmtime::component::Linker linker(TestRuntime().engine());
  EXPECT_THAT(DefineWasiNn(linker.capi(), BoundStore::Find, nullptr), IsOk());
  EXPECT_THAT(DefineWasiNn(linker.capi(), BoundStore::Find, nullptr),
              Fails(ErrorCode::kInvalidArgument, ::testing::StartsWith("can't define wasi:nn: ")));
}

TEST_F(WitPreTest, WhatIsNotDefinedIsToldInTheEnginesWords) {
  const wasmtime::component::Linker linker(TestRuntime().engine());
  const Component component = CompileComponentWat(TestRuntime(), WitGuestWat({.body = ""}));
  EXPECT_THAT(ComponentPre::Make(linker.capi(), component.capi()),
              Fails(ErrorCode::kInvalidArgument,
                    ::testing::HasSubstr("wasi:nn/tensor@0.2.0-rc-2024-06-25")));
}

}  // namespace
}  // namespace namesake::test
