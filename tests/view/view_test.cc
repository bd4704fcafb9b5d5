// Two views share nothing beyond what their policies allow.
#include "namesake/view.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "namesake/host.h"
#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;

class ViewTest : public testing::Test {
 protected:
  ViewTest() {
    HostOptions options{.isolation = Isolation::kProcess};
    options.backends.push_back(
        std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, counters_));
    host_ = Host::Create(std::move(options)).value();
    EXPECT_THAT(host_->Register("echo", fake::NewModel("io f32 1")), IsOk());
  }

  // The host waits for its loads.
  ~ViewTest() override { counters_.loading.Open(); }

  // Makes a view of a new tenant.
  std::unique_ptr<View> NewView(TenantOptions tenant) {
    tenant.name = fmt::format("tenant {}", ++tenants_);
    return host_->NewView({.tenant = *host_->AddTenant(std::move(tenant)).value()});
  }

  static Result<float> Echo(View& view, ContextHandle context, float value) {
    const std::vector<std::uint64_t> dims = {1};
    auto set = view.SetInput(
        context, 0,
        {.type = ElementType::kF32, .dims = dims, .data = std::as_bytes(std::span(&value, 1))});
    if (!set) return std::unexpected(set.error());
    if (auto computed = view.Compute(context); !computed) return std::unexpected(computed.error());
    const auto output = view.GetOutput(context, 0);
    if (!output) return std::unexpected(output.error());
    float answer = 0;
    std::memcpy(&answer, output->data.data(), sizeof answer);
    return answer;
  }

  fake::Counters counters_;
  std::unique_ptr<Host> host_;
  int tenants_ = 0;
};

TEST_F(ViewTest, FindsTheHostsModelsAndShares) {
  const auto one = host_->NewView();
  const auto other = host_->NewView();
  const auto graph = one->LoadByName("echo");
  ASSERT_THAT(graph, IsOk());
  ASSERT_THAT(other->LoadByName("echo"), IsOk());
  EXPECT_EQ(counters_.loads, 1);
  const auto context = one->InitExecutionContext(*graph);
  ASSERT_THAT(context, IsOk());
  EXPECT_EQ(Echo(*one, *context, 2.5F), 2.5F);
}

TEST_F(ViewTest, AHandleIsGoodInItsOwnViewOnly) {
  const auto one = host_->NewView();
  const auto other = host_->NewView();
  const auto graph = one->LoadByName("echo");
  const auto context = one->InitExecutionContext(*graph);
  ASSERT_THAT(context, IsOk());
  EXPECT_THAT(other->InitExecutionContext(*graph),
              Fails(ErrorCode::kInvalidArgument, testing::StartsWith("unknown graph handle 0x")));
  EXPECT_THAT(other->Compute(*context),
              Fails(ErrorCode::kInvalidArgument,
                    testing::StartsWith("unknown execution context handle 0x")));
}

TEST_F(ViewTest, WhatPolicyHidesDoesNotExist) {
  const auto blind = NewView({.policy = {.host_models = HostModels::kGranted}});
  const auto hidden = blind->LoadByName("echo");
  const auto unknown = host_->NewView()->LoadByName("echp");
  EXPECT_THAT(hidden, Fails(ErrorCode::kNotFound, "no model is named \"echo\""));
  EXPECT_THAT(unknown, Fails(ErrorCode::kNotFound, "no model is named \"echp\""));
  EXPECT_EQ(counters_.loads, 0);
}

TEST_F(ViewTest, LoadsFromBytesWhenThePolicyAllowsIt) {
  const std::string_view script = "io f32 1";
  const std::vector<std::span<const std::byte>> parts = {std::as_bytes(std::span(script))};
  const auto free = host_->NewView();
  EXPECT_THAT(free->Load(parts, Encoding::kOnnx, Target::kCpu), IsOk());
  const auto bound = NewView({.policy = {.guest_load = GuestLoad::kForbidden}});
  EXPECT_THAT(
      bound->Load(parts, Encoding::kOnnx, Target::kCpu),
      Fails(ErrorCode::kSecurity, "the policy does not let this guest load models (guest_load)"));
}

TEST_F(ViewTest, HoldsItsLimitsExactly) {
  const auto view = host_->NewView(
      {.tenant = host_->default_tenant(),
       .limits = InstanceLimits{
           .max_graphs = 2, .max_contexts = 1, .max_model_bytes = 8, .max_tensor_bytes = 3}});
  const std::string_view script = "io f32 1\n";
  const auto bytes = std::as_bytes(std::span(script));
  const auto load = [&](std::span<const std::byte> part) {
    return view->Load(std::vector{part}, Encoding::kOnnx, Target::kCpu);
  };
  EXPECT_THAT(load(bytes), Fails(ErrorCode::kTooLarge,
                                 "a model of 9 B is above max_model_bytes = 8 B of this instance"));
  EXPECT_THAT(load(bytes.first(8)), IsOk());
  const auto graph = view->LoadByName("echo");
  ASSERT_THAT(graph, IsOk());
  EXPECT_THAT(
      view->LoadByName("echo"),
      Fails(ErrorCode::kResourceExhausted,
            "the limit max_graphs = 2 of this instance is used up (2 in use, 1 requested)"));
  const auto context = view->InitExecutionContext(*graph);
  ASSERT_THAT(context, IsOk());
  EXPECT_THAT(
      view->InitExecutionContext(*graph),
      Fails(ErrorCode::kResourceExhausted,
            "the limit max_contexts = 1 of this instance is used up (1 in use, 1 requested)"));
  EXPECT_THAT(Echo(*view, *context, 1),
              Fails(ErrorCode::kTooLarge,
                    "a tensor of 4 B is above max_tensor_bytes = 3 B of this instance"));
}

TEST_F(ViewTest, TimeLimitsEndTheWait) {
  ASSERT_THAT(host_->Register("slow", fake::NewModel("io f32 1\nload_waits")), IsOk());
  ASSERT_THAT(host_->Register("long", fake::NewModel("io f32 1\ncompute_waits")), IsOk());
  const auto view =
      host_->NewView({.tenant = host_->default_tenant(),
                      .limits = InstanceLimits{.load_timeout = std::chrono::milliseconds(1),
                                               .inference_timeout = std::chrono::milliseconds(1)}});
  EXPECT_THAT(view->LoadByName("slow"), Fails(ErrorCode::kTimeout, testing::_));
  ASSERT_THAT(host_->Acquire("long", Deadline::Never()), IsOk());
  const auto context = view->InitExecutionContext(view->LoadByName("long").value());
  EXPECT_THAT(Echo(*view, *context, 1), Fails(ErrorCode::kTimeout, testing::_));
}

TEST_F(ViewTest, GivesAllBackWhenItEnds) {
  auto view = host_->NewView();
  const std::string_view script = "io f32 1";
  const auto bytes = std::as_bytes(std::span(script));
  const auto graph = view->Load(std::vector{bytes}, Encoding::kOnnx, Target::kCpu);
  for (int i = 0; i < 10; ++i) ASSERT_THAT(view->InitExecutionContext(*graph), IsOk());
  EXPECT_EQ(counters_.contexts, 10);
  EXPECT_EQ(counters_.graphs, 1);
  EXPECT_EQ(view->account().used(Resource::kContexts), 10U);
  view.reset();
  EXPECT_EQ(counters_.contexts, 0);
  EXPECT_EQ(counters_.graphs, 0);
}

TEST_F(ViewTest, OutlivesItsHost) {
  const auto view = host_->NewView();
  host_.reset();
  const auto graph = view->LoadByName("echo");
  ASSERT_THAT(graph, IsOk());
  EXPECT_EQ(Echo(*view, view->InitExecutionContext(*graph).value(), 3.0F), 3.0F);
}

TEST_F(ViewTest, ManyViewsComputeInParallel) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([this, i] {
      const auto view = host_->NewView();
      const auto graph = view->LoadByName("echo");
      ASSERT_THAT(graph, IsOk());
      const auto context = view->InitExecutionContext(*graph);
      for (int round = 0; round < 50; ++round) {
        const auto value = static_cast<float>(i * 1000 + round);
        ASSERT_EQ(Echo(*view, *context, value), value);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(ViewTest, DescribesAGraph) {
  const auto view = host_->NewView();
  ASSERT_THAT(host_->Register("shapes", fake::NewModel("io u8 ?,3\nio f32 2..4\nin bool scalar")),
              IsOk());
  EXPECT_EQ(
      view->Describe(view->LoadByName("shapes").value()).value(),
      R"({"inputs":[{"aliases":[],"name":"in0","shape":[{"max":null,"min":0},3],"type":"u8"},)"
      R"({"aliases":[],"name":"in1","shape":[{"max":4,"min":2}],"type":"f32"},)"
      R"({"aliases":[],"name":"in2","shape":[],"type":"bool"}],)"
      R"("outputs":[{"aliases":[],"name":"out0","shape":[{"max":null,"min":0},3],"type":"u8"},)"
      R"({"aliases":[],"name":"out1","shape":[{"max":4,"min":2}],"type":"f32"}]})");
  ASSERT_THAT(host_->Register("unknown", fake::NewModel("out u8 1\noutputs ?")), IsOk());
  EXPECT_EQ(view->Describe(view->LoadByName("unknown").value()).value(),
            R"({"inputs":[],"outputs":[{"aliases":[],"name":"out0","shape":null,"type":"u8"}]})");
}

}  // namespace
}  // namespace namesake
