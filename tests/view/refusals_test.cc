// The host's log names once each failed load of an operator's model and each limit that a guest
// reaches.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "support/host_fixture.h"
#include "support/log_lines.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;
using test::LogLines;
using testing::ElementsAre;
using testing::IsEmpty;

class RefusalsTest : public test::HostFixture {
 protected:
  void MakeWith(std::chrono::nanoseconds failed_load_ttl) {
    Make(HostOptions{.isolation = Isolation::kProcess, .failed_load_ttl = failed_load_ttl});
  }

  void Register(std::string_view name, std::string_view text, const Owner& owner = Owner::Host()) {
    EXPECT_THAT(host_->Register(name, fake::NewModel(text), LoadMode::kLazy, owner), IsOk());
  }

  static void ExpectFailedLoad(View& view, std::string_view name) {
    EXPECT_THAT(
        view.LoadByName(name),
        Fails(ErrorCode::kRuntimeError, fmt::format("the model \"{}\" can't be loaded", name)));
  }

  const LogLines log_;
};

TEST_F(RefusalsTest, AFailedLoadIsLoggedOnceHoweverManyAskForIt) {
  MakeWith(std::chrono::hours(1));
  Register("m", "fail_load no luck");
  const auto one = host_->NewView();
  const auto other = host_->NewView();
  ExpectFailedLoad(*one, "m");
  ExpectFailedLoad(*one, "m");
  ExpectFailedLoad(*other, "m");
  EXPECT_THAT(log_.Warnings(), ElementsAre("the model \"m\" can't be loaded: no luck"));
}

TEST_F(RefusalsTest, EachFailedLoadIsLogged) {
  MakeWith(std::chrono::nanoseconds(0));
  Register("m", "fail_load no luck");
  const auto view = host_->NewView();
  ExpectFailedLoad(*view, "m");
  ExpectFailedLoad(*view, "m");
  EXPECT_THAT(log_.Warnings(), ElementsAre("the model \"m\" can't be loaded: no luck",
                                           "the model \"m\" can't be loaded: no luck"));
}

TEST_F(RefusalsTest, AModelIsNamedAsTheOperatorNamedIt) {
  MakeWith(std::chrono::hours(1));
  Register("resnet", "fail_load no luck");
  const auto acme =
      AddTenant({.name = "acme", .policy = {.grants = {{.model = "resnet", .as = "photo"}}}});
  Register("own", "fail_load bad luck", *acme);
  const auto view = NewView(acme);
  ExpectFailedLoad(*view, "photo");
  ExpectFailedLoad(*view, "own");
  EXPECT_THAT(log_.Warnings(), ElementsAre("the model \"resnet\" can't be loaded: no luck",
                                           "the model \"own\" can't be loaded: bad luck"));
}

// A guest may send any number of bad options.
TEST_F(RefusalsTest, AGuestsOptionsAreLoggedOnceForAModel) {
  MakeWith(std::chrono::nanoseconds(0));
  Register("m", "fail_load no luck");
  const auto acme = AddTenant(
      {.name = "acme", .policy = {.host_models = HostModels::kAll, .guest_options = {"x"}}});
  const auto view = NewView(acme);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(view->LoadByNameWithConfig("m", fmt::format("{{\"x\": {}}}", i)));
  }
  EXPECT_THAT(log_.Warnings(),
              ElementsAre("the model \"m\" can't be loaded with a guest's options: no luck"));
}

TEST_F(RefusalsTest, NamesThatAreNotThereAndGuestsOwnModelsAreNotLogged) {
  MakeWith(std::chrono::nanoseconds(0));
  const auto view = host_->NewView();
  EXPECT_FALSE(view->LoadByName("nothing"));
  EXPECT_FALSE(Load(*view, "fail_load no luck"));
  EXPECT_FALSE(LoadNamed(*view, "fail_load no luck", "mine"));
  EXPECT_THAT(log_.Warnings(), IsEmpty());
}

// Calls as a guest ABI does.
template <typename Call>
void Refused(View& view, std::string_view function, const Call& call) {
  const auto answer = call();
  ASSERT_FALSE(answer);
  view.NoteRefusal(function, answer.error());
}

TEST_F(RefusalsTest, EachLimitIsLoggedTheFirstTimeThatAGuestMeetsIt) {
  MakeWith(std::chrono::hours(1));
  const auto view = NewView(InstanceLimits{.max_contexts = 1, .max_tensor_bytes = 4});
  const GraphHandle graph = Load(*view, "io u8 ?").value();
  const ContextHandle context = view->InitExecutionContext(graph).value();
  for (int i = 0; i < 3; ++i) {
    Refused(*view, "init_execution_context", [&] { return view->InitExecutionContext(graph); });
    Refused(*view, "set_input", [&] { return SetBytes(*view, context, 5); });
    Refused(*view, "load_by_name", [&] { return view->LoadByName("nothing"); });
  }
  EXPECT_THAT(
      log_.Warnings(),
      ElementsAre("a guest of tenant \"default\" reached its limit max_contexts: "
                  "init_execution_context: the limit max_contexts = 1 of this instance is used up "
                  "(1 in use, 1 requested)",
                  "a guest of tenant \"default\" reached its limit max_tensor_bytes: set_input: a "
                  "tensor of 5 B is above max_tensor_bytes = 4 B of this instance"));
  EXPECT_EQ(view->refusals().count, 9U);
  EXPECT_EQ(view->refusals().first_function, "init_execution_context");
  EXPECT_EQ(view->refusals().first_code, ErrorCode::kResourceExhausted);
}

TEST_F(RefusalsTest, LimitsOfTimeAndOfTheTenantHaveNamesToo) {
  MakeWith(std::chrono::hours(1));
  const auto acme =
      AddTenant({.name = "acme",
                 .policy = {.guest_load = GuestLoad::kAllowed},
                 .limits = {.max_total_model_bytes = 100},
                 .instance_limits = {.inference_timeout = std::chrono::nanoseconds(1)}});
  const auto view = NewView(acme);
  Refused(*view, "load", [&] { return Load(*view, "bytes 101"); });
  const ContextHandle context =
      view->InitExecutionContext(Load(*view, "out u8 1\ncompute_waits").value()).value();
  Refused(*view, "compute", [&] { return view->Compute(context); });
  ASSERT_EQ(log_.Warnings().size(), 2U);
  EXPECT_THAT(log_.Warnings()[0],
              testing::StartsWith(
                  "a guest of tenant \"acme\" reached its limit max_total_model_bytes: load: "));
  EXPECT_THAT(log_.Warnings()[1],
              testing::StartsWith("a guest of tenant \"acme\" reached its limit inference_timeout: "
                                  "compute: "));
}

// A model may turn an empty tensor into one of its other extents.
TEST_F(RefusalsTest, TheOtherExtentsOfAnEmptyTensorCount) {
  MakeWith(std::chrono::hours(1));
  const auto view = NewView(InstanceLimits{.max_tensor_bytes = 16});
  const GraphHandle graph = Load(*view, "in f32 ?,?\nout u8 1").value();
  const ContextHandle context = view->InitExecutionContext(graph).value();
  const auto set = [&](std::vector<std::uint64_t> dims) {
    return view->SetInput(context, 0, {.type = ElementType::kF32, .dims = dims, .data = {}});
  };
  EXPECT_THAT(set({0, 4}), IsOk());
  EXPECT_THAT(view->Compute(context), IsOk());
  EXPECT_THAT(set({0, 5}), Fails(ErrorCode::kTooLarge,
                                 "a tensor of 20 B is above max_tensor_bytes = 16 B of this "
                                 "instance"));
}

// The ABIs have no other one-byte type.
TEST_F(RefusalsTest, BytesOfABoolAndAnI8AreGivenAsU8) {
  MakeWith(std::chrono::hours(1));
  const auto view = NewView(InstanceLimits{});
  const GraphHandle graph = Load(*view, "io bool 2\nio i8 2\nio u32 1").value();
  const ContextHandle context = view->InitExecutionContext(graph).value();
  const std::vector<std::uint64_t> dims = {2};
  const auto give = [&](std::size_t index, unsigned char value) {
    const std::vector<unsigned char> data = {1, value};
    return view->SetInput(
        context, index,
        {.type = ElementType::kU8, .dims = dims, .data = std::as_bytes(std::span(data))});
  };
  EXPECT_THAT(give(0, 0), IsOk());
  EXPECT_THAT(give(0, 3),
              Fails(ErrorCode::kInvalidArgument,
                    "input 0 (\"in0\") has type bool, whose bytes must be 0 or 1; byte 1 is 3"));
  EXPECT_THAT(give(1, 255), IsOk());
  EXPECT_THAT(give(2, 0),
              Fails(ErrorCode::kInvalidArgument, "input 2 (\"in2\") expects u32 [1], got u8 [2]"));
}

}  // namespace
}  // namespace namesake
