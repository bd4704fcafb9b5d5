// What belongs to one tenant, or one instance, is out of reach for all others.
#include "namesake/tenant.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/gate.h"
#include "support/host_fixture.h"
#include "support/temp_dir.h"
#include "view/tenant_state.h"

namespace namesake {
namespace {

using std::chrono::milliseconds;
using test::Fails;
using test::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kModel = "io u8 1";

class TenantTest : public test::HostFixture {
 protected:
  TenantTest() { Make(); }

  // Options for a tenant whose guests may register models, and see the granted models of the host.
  static TenantOptions Registering(std::string name, GuestRegister where) {
    return {.name = std::move(name),
            .policy = {.host_models = HostModels::kGranted, .guest_register = where}};
  }
  static std::uint64_t Used(const std::shared_ptr<const Tenant>& tenant, Resource resource) {
    return tenant->account().used(resource);
  }
  static void ExpectHoldsNothing(const Account& account) {
    for (std::size_t i = 0; i < kResourceCount; ++i) {
      const auto resource = static_cast<Resource>(i);
      EXPECT_EQ(account.used(resource), 0U) << LimitName(resource) << " of " << account.owner();
    }
  }
};

TEST_F(TenantTest, CantGetListOrTakeAwayWhatAnotherHas) {
  const auto a = AddTenant(Registering("a", GuestRegister::kTenant));
  const auto b = AddTenant(Registering("b", GuestRegister::kTenant));
  const auto of_b = NewView(b);
  ASSERT_THAT(LoadNamed(*of_b, kModel, "guests"), IsOk());
  ASSERT_THAT(host_->Register("operators", fake::NewModel(kModel), LoadMode::kEager, *b), IsOk());
  const auto of_a = NewView(a);
  const int loads = counters_.loads;
  for (const std::string name : {"guests", "operators", "nobodys"}) {
    const auto not_found = Fails(ErrorCode::kNotFound, "no model is named \"" + name + "\"");
    EXPECT_THAT(of_a->LoadByName(name), not_found);
    EXPECT_THAT(of_a->UnregisterNamed(name), not_found);
  }
  EXPECT_THAT(of_a->ListNamed(), IsEmpty());
  EXPECT_THAT(host_->VisibleModels(*a), IsEmpty());
  EXPECT_EQ(counters_.loads, loads);
  EXPECT_THAT(of_b->ListNamed(), ElementsAre("guests", "operators"));
}

TEST_F(TenantTest, TwoMayHaveTheSameName) {
  const auto a = AddTenant(Registering("a", GuestRegister::kTenant));
  const auto b = AddTenant(Registering("b", GuestRegister::kTenant));
  const auto of_a = NewView(a);
  const auto of_b = NewView(b);
  ASSERT_THAT(LoadNamed(*of_a, "io u8 1", "m"), IsOk());
  ASSERT_THAT(LoadNamed(*of_b, "io u8 2", "m"), IsOk());
  EXPECT_THAT(of_a->Describe(of_a->LoadByName("m").value()).value(),
              testing::HasSubstr("\"shape\":[1]"));
  ASSERT_THAT(of_a->UnregisterNamed("m"), IsOk());
  EXPECT_THAT(of_b->Describe(of_b->LoadByName("m").value()).value(),
              testing::HasSubstr("\"shape\":[2]"));
}

// The same text and no load, so that neither text nor timing reveals whether the model exists.
TEST_F(TenantTest, HiddenNamesAnswerAsAbsentOnesWithoutALoad) {
  ASSERT_THAT(host_->Register("hidden", fake::NewModel("io u8 1\nload_waits")), IsOk());
  const auto tenant = AddTenant(
      {.name = "a", .policy = {.host_models = HostModels::kGranted, .guest_options = {"threads"}}});
  const auto view = NewView(tenant);
  for (const std::string name : {"hidden", "absent"}) {
    const auto not_found = Fails(ErrorCode::kNotFound, "no model is named \"" + name + "\"");
    EXPECT_THAT(view->LoadByName(name), not_found);
    EXPECT_THAT(view->LoadByNameWithConfig(name, R"({"threads": 1})"), not_found);
  }
  EXPECT_EQ(counters_.loads, 0);
  ExpectHoldsNothing(view->account());
}

TEST_F(TenantTest, CantUseUpWhatIsAnothers) {
  const auto a = AddTenant({.name = "a", .limits = {.max_models = 1}});
  const auto b = AddTenant({.name = "b", .limits = {.max_models = 1}});
  const auto of_a = NewView(a);
  const auto of_b = NewView(b);
  ASSERT_THAT(Load(*of_a, kModel), IsOk());
  EXPECT_THAT(Load(*of_a, "io u8 2"),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_models = 1 of tenant \"a\" is used up (1 in use, 1 requested)"));
  EXPECT_THAT(Load(*of_b, kModel), IsOk());
}

// A tenant can't even tell that another has the same model.
TEST_F(TenantTest, TheSameBytesAreLoadedForEachTenant) {
  const auto of_a = NewView(AddTenant({.name = "a"}));
  const auto of_b = NewView(AddTenant({.name = "b"}));
  ASSERT_THAT(Load(*of_a, kModel), IsOk());
  ASSERT_THAT(Load(*of_a, kModel), IsOk());
  EXPECT_EQ(counters_.loads, 1);
  ASSERT_THAT(Load(*of_b, kModel), IsOk());
  EXPECT_EQ(counters_.loads, 2);
}

TEST_F(TenantTest, LearnsNothingOfWhatOthersUseOfTheHost) {
  Make(HostLimits{.max_models = 1, .max_total_tensor_bytes = 3});
  const auto of_a = NewView(AddTenant({.name = "a"}));
  const auto of_b = NewView(AddTenant({.name = "b"}));
  const auto graph = Load(*of_a, kModel);
  ASSERT_THAT(graph, IsOk());
  ASSERT_THAT(of_a->InitExecutionContext(*graph), IsOk());
  EXPECT_THAT(Load(*of_b, kModel),
              Fails(ErrorCode::kResourceExhausted, "the limit max_models of the host is used up"));
  EXPECT_THAT(of_a->InitExecutionContext(*graph),
              Fails(ErrorCode::kResourceExhausted,
                    "the limit max_total_tensor_bytes of the host is used up"));
}

TEST_F(TenantTest, ViewsShareNothingAtInstanceScope) {
  const auto tenant = AddTenant(Registering("a", GuestRegister::kInstance));
  const auto one = NewView(tenant);
  const auto other = NewView(tenant);
  ASSERT_THAT(LoadNamed(*one, "io u8 1", "m"), IsOk());
  EXPECT_THAT(other->LoadByName("m"), Fails(ErrorCode::kNotFound, "no model is named \"m\""));
  EXPECT_THAT(other->UnregisterNamed("m"), Fails(ErrorCode::kNotFound, "no model is named \"m\""));
  EXPECT_THAT(other->ListNamed(), IsEmpty());
  ASSERT_THAT(LoadNamed(*other, "io u8 2", "m"), IsOk());
  EXPECT_THAT(one->ListNamed(), ElementsAre("m"));
}

TEST_F(TenantTest, ANameOfATenantOutlivesItsInstance) {
  const auto tenant = AddTenant(Registering("a", GuestRegister::kTenant));
  ASSERT_THAT(LoadNamed(*NewView(tenant), kModel, "m"), IsOk());
  const auto next = NewView(tenant);
  EXPECT_THAT(next->ListNamed(), ElementsAre("m"));
  EXPECT_THAT(next->LoadByName("m"), IsOk());
  EXPECT_EQ(counters_.loads, 1);
  EXPECT_THAT(next->UnregisterNamed("m"), IsOk());
  EXPECT_THAT(NewView(tenant)->ListNamed(), IsEmpty());
}

TEST_F(TenantTest, AnAliasHidesTheModelsOwnNameUnlessThatIsGrantedToo) {
  ASSERT_THAT(host_->Register("model", fake::NewModel(kModel)), IsOk());
  const auto alias = NewView(
      AddTenant({.name = "a",
                 .policy = {.host_models = HostModels::kGranted, .grants = {{"model", "alias"}}}}));
  EXPECT_THAT(alias->ListNamed(), ElementsAre("alias"));
  EXPECT_THAT(alias->LoadByName("alias"), IsOk());
  EXPECT_THAT(alias->LoadByName("model"),
              Fails(ErrorCode::kNotFound, "no model is named \"model\""));
  const auto both = NewView(AddTenant({.name = "b",
                                       .policy = {.host_models = HostModels::kGranted,
                                                  .grants = {{"model", "alias"}, {"model"}}}}));
  EXPECT_THAT(both->ListNamed(), ElementsAre("alias", "model"));
  EXPECT_THAT(both->LoadByName("alias"), IsOk());
  EXPECT_THAT(both->LoadByName("model"), IsOk());
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(TenantTest, AGrantMayComeBeforeItsModel) {
  const auto view = NewView(AddTenant(
      {.name = "a", .policy = {.host_models = HostModels::kGranted, .grants = {{"late", "m"}}}}));
  EXPECT_THAT(view->LoadByName("m"), Fails(ErrorCode::kNotFound, "no model is named \"m\""));
  EXPECT_THAT(view->ListNamed(), IsEmpty());
  ASSERT_THAT(host_->Register("late", fake::NewModel(kModel)), IsOk());
  EXPECT_THAT(view->ListNamed(), ElementsAre("m"));
  EXPECT_THAT(view->LoadByName("m"), IsOk());
}

// Lists and lookups agree, even while a granted model is missing.
TEST_F(TenantTest, AnAliasStandsForItsModelAlone) {
  ASSERT_THAT(host_->Register("b", fake::NewModel(kModel)), IsOk());
  const auto view =
      NewView(AddTenant({.name = "a", .policy = {.grants = {{.model = "absent", .as = "b"}}}}));
  EXPECT_THAT(view->LoadByName("b"), Fails(ErrorCode::kNotFound, "no model is named \"b\""));
  EXPECT_THAT(view->ListNamed(), IsEmpty());
}

TEST_F(TenantTest, TwoModelsUnderOneNameAreNoPolicy) {
  EXPECT_THAT(host_->AddTenant({.name = "a", .policy = {.grants = {{"x", "n"}, {"y", "n"}}}}),
              Fails(ErrorCode::kInvalidArgument,
                    "tenant \"a\": two models are granted under the name \"n\": \"x\" and \"y\""));
  EXPECT_THAT(host_->AddTenant({.name = "b"}), IsOk());
  EXPECT_THAT(host_->AddTenant({.name = "b"}),
              Fails(ErrorCode::kInvalidArgument, "the tenant \"b\" already exists"));
}

TEST_F(TenantTest, ThereIsOneDefaultTenant) {
  EXPECT_THAT(host_->AddTenant({.name = "default"}),
              Fails(ErrorCode::kInvalidArgument, "the tenant \"default\" already exists"));
  EXPECT_EQ(host_->default_tenant().name(), "default");
  Make(HostOptions{.isolation = Isolation::kProcess,
                   .default_tenant = {.name = "guests", .limits = {.max_models = 0}}});
  EXPECT_THAT(host_->AddTenant({.name = "guests"}),
              Fails(ErrorCode::kInvalidArgument, "the tenant \"guests\" already exists"));
  EXPECT_THAT(host_->AddTenant({.name = "default"}), IsOk());
  EXPECT_THAT(
      Load(*host_->NewView(), kModel),
      Fails(ErrorCode::kTooLarge,
            "the limit max_models = 0 of tenant \"guests\" is used up (0 in use, 1 requested)"));
  EXPECT_THAT(Host::Create({.default_tenant = {.name = ""}}),
              Fails(ErrorCode::kInvalidArgument, testing::HasSubstr("can't be a tenant's name")));
}

TEST_F(TenantTest, ANameIsTheInstancesElseTheTenantsElseTheHosts) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 3")), IsOk());
  const auto tenant =
      AddTenant({.name = "a", .policy = {.guest_register = GuestRegister::kInstance}});
  const auto view = NewView(tenant);
  const auto shape = [&] { return view->Describe(view->LoadByName("m").value()).value(); };
  EXPECT_THAT(shape(), testing::HasSubstr("\"shape\":[3]"));
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 2"), LoadMode::kEager, *tenant), IsOk());
  EXPECT_THAT(shape(), testing::HasSubstr("\"shape\":[2]"));
  ASSERT_THAT(LoadNamed(*view, "io u8 1", "m"), IsOk());
  EXPECT_THAT(shape(), testing::HasSubstr("\"shape\":[1]"));
  EXPECT_THAT(view->ListNamed(), ElementsAre("m"));
  ASSERT_THAT(view->UnregisterNamed("m"), IsOk());
  EXPECT_THAT(shape(), testing::HasSubstr("\"shape\":[2]"));
  ASSERT_THAT(host_->Unregister("m", *tenant), IsOk());
  EXPECT_THAT(shape(), testing::HasSubstr("\"shape\":[3]"));
}

// A name refers to the nearest model, even if that can't be loaded.
TEST_F(TenantTest, ABrokenModelIsNotReplacedByAnothersOfItsName) {
  ASSERT_THAT(host_->Register("m", fake::NewModel(kModel)), IsOk());
  const auto tenant = AddTenant({.name = "a"});
  ASSERT_THAT(host_->Register("m", fake::NewModel("fail_load no"), LoadMode::kEager, *tenant),
              IsOk());
  EXPECT_THAT(NewView(tenant)->LoadByName("m"),
              Fails(ErrorCode::kRuntimeError, "the model \"m\" can't be loaded"));
}

TEST_F(TenantTest, AGuestCantTakeAwayOrReplaceAnOperatorsModel) {
  const auto tenant = AddTenant(Registering("a", GuestRegister::kTenant));
  const Model model = {
      .encoding = Encoding::kOnnx, .source = ModelFiles{{"/srv/secret/model.onnx"}}, .options = {}};
  ASSERT_THAT(host_->Register("m", model, LoadMode::kLazy, *tenant), IsOk());
  const auto view = NewView(tenant);
  EXPECT_THAT(
      view->UnregisterNamed("m"),
      Fails(ErrorCode::kSecurity, "\"m\" is the operator's model, which a guest can't unregister"));
  // The message does not say where the operator's model is.
  EXPECT_THAT(LoadNamed(*view, kModel, "m"),
              Fails(ErrorCode::kInvalidArgument, "the name \"m\" is taken"));
  EXPECT_EQ(counters_.loads, 0);
  EXPECT_THAT(view->ListNamed(), ElementsAre("m"));
  ExpectHoldsNothing(view->account());
}

// The files are neither copied nor looked up.
TEST_F(TenantTest, ATakenNameIsRefusedBeforeTheFilesOfItsModelAreLookedFor) {
  const auto tenant = AddTenant(Registering("a", GuestRegister::kTenant));
  ASSERT_THAT(host_->Register("m", fake::NewModel(kModel), LoadMode::kLazy, *tenant), IsOk());
  const test::TempDir dir;
  const auto view = NewView(tenant, {{.host = dir.path(), .guest = "dir"}});
  EXPECT_THAT(view->RegisterNamed("m", Encoding::kTensorFlowLite, Target::kCpu, "dir/absent"),
              Fails(ErrorCode::kInvalidArgument, "the name \"m\" is taken"));
  EXPECT_THAT(view->RegisterNamed("n", Encoding::kTensorFlowLite, Target::kCpu, "dir/absent"),
              Fails(ErrorCode::kInvalidArgument, testing::HasSubstr("dir/absent")));
  ExpectHoldsNothing(view->account());
}

TEST_F(TenantTest, APolicyThatLetsNothingRegisterNamesItself) {
  const auto view = NewView(AddTenant({.name = "a"}));
  const auto forbidden = Fails(
      ErrorCode::kSecurity, "the policy does not let this guest register models (guest_register)");
  EXPECT_THAT(LoadNamed(*view, kModel, "m"), forbidden);
  EXPECT_THAT(view->RegisterNamed("m", Encoding::kOnnx, Target::kCpu, "x"), forbidden);
  EXPECT_THAT(view->UnregisterNamed("m"), forbidden);
  const auto no_bytes =
      NewView(AddTenant({.name = "b",
                         .policy = {.guest_load = GuestLoad::kForbidden,
                                    .guest_register = GuestRegister::kInstance}}));
  EXPECT_THAT(
      LoadNamed(*no_bytes, kModel, "m"),
      Fails(ErrorCode::kSecurity, "the policy does not let this guest load models (guest_load)"));
  EXPECT_EQ(counters_.loads, 0);
}

TEST_F(TenantTest, HandlesOfAnotherViewOfTheSameTenantAreNone) {
  ASSERT_THAT(host_->Register("m", fake::NewModel(kModel)), IsOk());
  const auto tenant = AddTenant({.name = "a"});
  const auto one = NewView(tenant);
  const auto other = NewView(tenant);
  const auto graph = one->LoadByName("m");
  const auto context = one->InitExecutionContext(*graph);
  ASSERT_THAT(context, IsOk());
  const auto no_graph =
      Fails(ErrorCode::kInvalidArgument, testing::StartsWith("unknown graph handle 0x"));
  const auto no_context = Fails(ErrorCode::kInvalidArgument,
                                testing::StartsWith("unknown execution context handle 0x"));
  EXPECT_THAT(other->Unload(*graph), no_graph);
  EXPECT_THAT(other->Describe(*graph), no_graph);
  EXPECT_THAT(other->InitExecutionContext(*graph), no_graph);
  EXPECT_THAT(SetBytes(*other, *context, 1), no_context);
  EXPECT_THAT(other->Compute(*context), no_context);
  EXPECT_THAT(other->GetOutput(*context, 0), no_context);
  EXPECT_THAT(other->FinalizeExecutionContext(*context), no_context);
  EXPECT_THAT(SetBytes(*one, *context, 1), IsOk());
}

TEST_F(TenantTest, WhatAGuestHeldIsGivenBackWhenItsViewEnds) {
  const test::TempDir dir;
  dir.Write("m.tflite", "io u8 4");
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 8")), IsOk());
  const auto tenant = AddTenant(
      {.name = "a",
       .policy = {.guest_register = GuestRegister::kInstance, .guest_options = {"threads"}}});
  auto view = NewView(tenant, {{.host = dir.path(), .guest = "dir"}});
  ASSERT_THAT(Load(*view, "io u8 1"), IsOk());
  ASSERT_THAT(LoadNamed(*view, "io u8 2", "named"), IsOk());
  ASSERT_THAT(view->RegisterNamed("file", Encoding::kTensorFlowLite, Target::kCpu, "dir/m.tflite"),
              IsOk());
  // The operator's model is not in memory yet, so its bytes are still there.
  const auto graph = view->LoadByNameWithConfig("m", R"({"threads": 2})");
  ASSERT_THAT(graph, IsOk());
  const auto context = view->InitExecutionContext(*graph);
  ASSERT_THAT(SetBytes(*view, *context, 8), IsOk());
  ASSERT_THAT(view->Compute(*context), IsOk());
  EXPECT_EQ(view->account().used(Resource::kModels), 4U);
  EXPECT_EQ(view->account().used(Resource::kModelBytes), 28U);
  EXPECT_EQ(Used(tenant, Resource::kModels), 4U);
  EXPECT_EQ(Used(tenant, Resource::kModelBytes), 28U);
  EXPECT_EQ(Used(tenant, Resource::kTensorBytes), 16U);
  view.reset();
  ExpectHoldsNothing(tenant->account());
  EXPECT_EQ(counters_.graphs, 0);
  EXPECT_EQ(counters_.contexts, 0);
}

TEST_F(TenantTest, AnAbandonedLoadHoldsItsPlaceUntilItEnds) {
  Make(HostLimits{.max_models = 1});
  const auto tenant = AddTenant(
      {.name = "a", .instance_limits = {.max_models = 1, .load_timeout = milliseconds(1)}});
  auto view = NewView(tenant);
  EXPECT_THAT(Load(*view, "io u8 1\nload_waits"), Fails(ErrorCode::kTimeout, testing::_));
  EXPECT_EQ(view->account().used(Resource::kModels), 1U);
  EXPECT_EQ(view->account().used(Resource::kGraphs), 0U);
  EXPECT_THAT(
      Load(*view, "io u8 2"),
      Fails(ErrorCode::kResourceExhausted,
            "the limit max_models = 1 of this instance is used up (1 in use, 1 requested)"));
  view.reset();
  EXPECT_EQ(Used(tenant, Resource::kModels), 1U);
  EXPECT_EQ(Used(tenant, Resource::kModelBytes), 18U);
  EXPECT_THAT(Load(*host_->NewView(), kModel),
              Fails(ErrorCode::kResourceExhausted, "the limit max_models of the host is used up"));
  counters_.loading.Open();
  ASSERT_TRUE(test::Eventually([&] { return Used(tenant, Resource::kModels) == 0; }));
  ExpectHoldsNothing(tenant->account());
  EXPECT_EQ(counters_.graphs, 0);
  EXPECT_THAT(Load(*host_->NewView(), kModel), IsOk());
}

// Otherwise a guest with short timeouts could have any number of loads running.
TEST_F(TenantTest, AnAbandonedLoadWithAConfigurationHoldsItsPlaceUntilItEnds) {
  ASSERT_THAT(host_->Register("slow", fake::NewModel("io u8 1\nload_waits"), LoadMode::kLazy),
              IsOk());
  const auto tenant =
      AddTenant({.name = "a",
                 .policy = {.guest_options = {"threads"}},
                 .instance_limits = {.max_models = 1, .load_timeout = milliseconds(1)}});
  const auto view = NewView(tenant);
  EXPECT_THAT(view->LoadByNameWithConfig("slow", R"({"threads": 1})"),
              Fails(ErrorCode::kTimeout, testing::_));
  EXPECT_THAT(
      view->LoadByNameWithConfig("slow", R"({"threads": 2})"),
      Fails(ErrorCode::kResourceExhausted,
            "the limit max_models = 1 of this instance is used up (1 in use, 1 requested)"));
  counters_.loading.Open();
  ASSERT_TRUE(test::Eventually([&] { return Used(tenant, Resource::kModels) == 0; }));
  ExpectHoldsNothing(view->account());
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(TenantTest, ConfigurationsThatDifferGiveGraphsThatDiffer) {
  ASSERT_THAT(host_->Register("m", fake::NewModel(kModel), LoadMode::kLazy), IsOk());
  const auto tenant = AddTenant({.name = "a", .policy = {.guest_options = {"threads", "other"}}});
  const auto one = NewView(tenant);
  const auto other = NewView(tenant);
  ASSERT_THAT(one->LoadByNameWithConfig("m", R"({"threads": 1, "other": true})"), IsOk());
  ASSERT_THAT(other->LoadByNameWithConfig("m", R"({"other": "true", "threads": "1"})"), IsOk());
  EXPECT_EQ(counters_.loads, 1);
  ASSERT_THAT(one->LoadByNameWithConfig("m", R"({"threads": 2})"), IsOk());
  EXPECT_EQ(counters_.loads, 2);
  // Another tenant does not share it.
  const auto stranger = NewView(AddTenant({.name = "b", .policy = {.guest_options = {"threads"}}}));
  ASSERT_THAT(stranger->LoadByNameWithConfig("m", R"({"threads": 2})"), IsOk());
  EXPECT_EQ(counters_.loads, 3);
  ASSERT_THAT(one->LoadByNameWithConfig("m", "{}"), IsOk());
  ASSERT_THAT(one->LoadByNameWithConfig("m", ""), IsOk());
  ASSERT_THAT(one->LoadByName("m"), IsOk());
  EXPECT_EQ(counters_.loads, 4);
}

TEST_F(TenantTest, AConfigurationIsAnObjectOfWhatThePolicyAllows) {
  ASSERT_THAT(host_->Register("m", fake::NewModel(kModel)), IsOk());
  const auto view = NewView(AddTenant({.name = "a", .policy = {.guest_options = {"threads"}}}));
  const auto with = [&](std::string_view config) {
    return view->LoadByNameWithConfig("m", config);
  };
  const auto no_object = Fails(ErrorCode::kInvalidArgument,
                               "the configuration is not a JSON object like {\"key\": \"value\"}");
  for (const std::string_view config :
       {"x", "[]", "1", "\"threads\"", "null", "{", "{\"threads\": 1", "{\"threads\": 1}}",
        "{'threads': 1}", "{\"threads\": 1,}", "{\"threads\": \"\xff\"}", "{\"threads\": 1e999}"}) {
    EXPECT_THAT(with(config), no_object) << config;
  }
  EXPECT_THAT(with(std::string_view("{\"threads\": 1}\0", 15)), no_object);
  EXPECT_THAT(with(std::string_view("\0{}", 3)), no_object);
  EXPECT_THAT(with(std::string_view("{\"threads\": \"\0\"}", 16)), no_object);
  EXPECT_THAT(with(std::string(65536, '[')), no_object);
  for (const std::string_view value : {"null", "[]", "{}", "[1]"}) {
    EXPECT_THAT(with("{\"threads\": " + std::string(value) + "}"),
                Fails(ErrorCode::kInvalidArgument,
                      "the configuration's \"threads\" is not a string, a number or a boolean"))
        << value;
  }
  EXPECT_THAT(with(R"({"threads": 1, "device": "GPU"})"),
              Fails(ErrorCode::kSecurity,
                    "the policy does not let this guest set the option \"device\" "
                    "(guest_options)"));
  EXPECT_EQ(counters_.loads, 0);
  ExpectHoldsNothing(view->account());
}

}  // namespace
}  // namespace namesake
