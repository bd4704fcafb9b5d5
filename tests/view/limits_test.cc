// Every limit at each level that has it: a request exactly at the limit succeeds, one more is
// refused, and a refusal changes nothing.
#include "namesake/limits.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <string>
#include <thread>
#include <utility>
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

enum class Level : std::uint8_t { kHost, kTenant, kInstance };

// The amounts that the view and its tenant have reserved.
using Use = std::array<std::array<std::uint64_t, kResourceCount>, 2>;

class LimitsTest : public test::HostFixture {
 protected:
  // Makes a host, a tenant and a view without limits, except those that `set` sets at the given
  // level.
  template <typename Set>
  void MakeWith(Level level, const Set& set) {
    HostLimits host;
    TenantOptions tenant = {
        .name = "a",
        .policy = {.guest_register = GuestRegister::kInstance, .guest_options = {"threads"}}};
    switch (level) {
      case Level::kHost:
        set(host);
        break;
      case Level::kTenant:
        set(tenant.limits);
        break;
      case Level::kInstance:
        set(tenant.instance_limits);
        break;
    }
    Make(host);
    tenant_ = AddTenant(std::move(tenant));
    view_ = NewView(tenant_);
  }
  void MakeWith(const InstanceLimits& limits) {
    MakeWith(Level::kInstance, [&](auto& set) {
      if constexpr (std::is_same_v<decltype(set), InstanceLimits&>) set = limits;
    });
  }

  Result<GraphHandle> Load(std::string_view text) { return HostFixture::Load(*view_, text); }
  ContextHandle NewContext(std::string_view text) {
    return view_->InitExecutionContext(Load(text).value()).value();
  }
  Use InUse() const {
    Use use;
    for (std::size_t i = 0; i < kResourceCount; ++i) {
      const auto resource = static_cast<Resource>(i);
      use[0][i] = view_->account().used(resource);
      use[1][i] = tenant_->account().used(resource);
    }
    return use;
  }
  // Expects the call to fail with this message and to reserve nothing.
  template <typename Call, typename Message>
  void ExpectRefused(ErrorCode code, const Message& message, const Call& call) {
    const Use before = InUse();
    EXPECT_THAT(call(), Fails(code, message));
    EXPECT_EQ(InUse(), before);
  }

  std::shared_ptr<const Tenant> tenant_;
  std::unique_ptr<View> view_;
};

class LevelLimitsTest : public LimitsTest, public testing::WithParamInterface<Level> {
 protected:
  std::string OwnerText() const {
    switch (GetParam()) {
      case Level::kHost:
        return "the host";
      case Level::kTenant:
        return "tenant \"a\"";
      case Level::kInstance:
        break;
    }
    return "this instance";
  }
  std::string UsedUp(std::string_view limit, int total, int used, int more) const {
    if (GetParam() == Level::kHost) {
      return fmt::format("the limit {} of the host is used up", limit);
    }
    const std::string_view unit = limit.ends_with("_bytes") ? " B" : "";
    return fmt::format("the limit {} = {}{} of {} is used up ({}{} in use, {}{} requested)", limit,
                       total, unit, OwnerText(), used, unit, more, unit);
  }
};

std::string LevelName(const testing::TestParamInfo<Level>& info) {
  switch (info.param) {
    case Level::kHost:
      return "Host";
    case Level::kTenant:
      return "Tenant";
    case Level::kInstance:
      break;
  }
  return "Instance";
}

INSTANTIATE_TEST_SUITE_P(Of, LevelLimitsTest,
                         testing::Values(Level::kHost, Level::kTenant, Level::kInstance),
                         LevelName);

TEST_P(LevelLimitsTest, MaxModels) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_models = 2; });
  const auto first = Load("io u8 1");
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(Load("io u8 2"), IsOk());
  const std::string used_up = UsedUp("max_models", 2, 2, 1);
  ExpectRefused(ErrorCode::kResourceExhausted, used_up, [&] { return Load("io u8 3"); });
  ExpectRefused(ErrorCode::kResourceExhausted, used_up,
                [&] { return LoadNamed(*view_, "io u8 3", "m"); });
  EXPECT_EQ(counters_.loads, 2);
  ASSERT_THAT(view_->Unload(*first), IsOk());
  EXPECT_THAT(Load("io u8 3"), IsOk());
}

TEST_P(LevelLimitsTest, MaxModelBytes) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_model_bytes = 7; });
  ASSERT_THAT(Load("io u8 1"), IsOk());
  ExpectRefused(ErrorCode::kTooLarge,
                fmt::format("a model of 8 B is above max_model_bytes = 7 B of {}", OwnerText()),
                [&] { return Load("io u8 12"); });
  EXPECT_EQ(counters_.loads, 1);
}

// A lookup with a configuration makes a graph that counts as the guest's own.
TEST_P(LevelLimitsTest, MaxModelBytesOfAConfigurationOfItsOwn) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_model_bytes = 7; });
  ASSERT_THAT(host_->Register("small", fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(host_->Register("large", fake::NewModel("io u8 12"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(view_->LoadByNameWithConfig("small", R"({"threads": 1})"), IsOk());
  ExpectRefused(ErrorCode::kTooLarge,
                fmt::format("a model of 8 B is above max_model_bytes = 7 B of {}", OwnerText()),
                [&] { return view_->LoadByNameWithConfig("large", R"({"threads": 1})"); });
}

TEST_P(LevelLimitsTest, MaxTotalModelBytes) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_total_model_bytes = 14; });
  ASSERT_THAT(Load("io u8 1"), IsOk());
  const auto second = Load("io u8 2");
  ASSERT_THAT(second, IsOk());
  ExpectRefused(ErrorCode::kResourceExhausted, UsedUp("max_total_model_bytes", 14, 14, 7),
                [&] { return Load("io u8 3"); });
  EXPECT_EQ(counters_.loads, 2);
  ASSERT_THAT(view_->Unload(*second), IsOk());
  EXPECT_THAT(Load("io u8 3"), IsOk());
}

TEST_P(LevelLimitsTest, MaxTotalModelBytesOfAConfigurationOfItsOwn) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_total_model_bytes = 14; });
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  const auto with = [&](int threads) {
    return view_->LoadByNameWithConfig("m", fmt::format(R"({{"threads": {}}})", threads));
  };
  ASSERT_THAT(with(1), IsOk());
  ASSERT_THAT(with(2), IsOk());
  ExpectRefused(ErrorCode::kResourceExhausted, UsedUp("max_total_model_bytes", 14, 14, 7),
                [&] { return with(3); });
}

// In the end, the size that the backend reports counts.
TEST_F(LimitsTest, AModelThatIsLargerThanItsBytesCountsAsLoaded) {
  MakeWith(Level::kTenant, [](auto& limits) { limits.max_total_model_bytes = 100; });
  ASSERT_THAT(Load("io u8 1\nbytes 100"), IsOk());
  EXPECT_EQ(tenant_->account().used(Resource::kModelBytes), 100U);
}

TEST_P(LevelLimitsTest, MaxTensorBytes) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_tensor_bytes = 4; });
  const ContextHandle context = NewContext("io u8 ?");
  ASSERT_THAT(SetBytes(*view_, context, 4), IsOk());
  ASSERT_THAT(view_->Compute(context), IsOk());
  const std::string above =
      fmt::format("a tensor of 5 B is above max_tensor_bytes = 4 B of {}", OwnerText());
  ExpectRefused(ErrorCode::kTooLarge, above, [&] { return SetBytes(*view_, context, 5); });
  EXPECT_EQ(view_->GetOutput(context, 0)->data.size(), 4U);
  // An output of fixed size is checked before the inference runs.
  const ContextHandle large = NewContext("io u8 5");
  ExpectRefused(ErrorCode::kTooLarge, above, [&] { return view_->Compute(large); });
  EXPECT_EQ(counters_.computes, 1);
}

TEST_P(LevelLimitsTest, MaxTotalTensorBytesOfFixedShapes) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_total_tensor_bytes = 16; });
  const GraphHandle graph = Load("io u8 4").value();
  ASSERT_THAT(view_->InitExecutionContext(graph), IsOk());
  const auto second = view_->InitExecutionContext(graph);
  ASSERT_THAT(second, IsOk());
  ExpectRefused(ErrorCode::kResourceExhausted, UsedUp("max_total_tensor_bytes", 16, 16, 8),
                [&] { return view_->InitExecutionContext(graph); });
  EXPECT_EQ(counters_.contexts, 2);
  ASSERT_THAT(view_->FinalizeExecutionContext(*second), IsOk());
  EXPECT_THAT(view_->InitExecutionContext(graph), IsOk());
}

TEST_P(LevelLimitsTest, MaxTotalTensorBytesOfDynamicInputs) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_total_tensor_bytes = 8; });
  const ContextHandle context = NewContext("io u8 ?");
  ASSERT_THAT(SetBytes(*view_, context, 8), IsOk());
  ExpectRefused(ErrorCode::kTooLarge, UsedUp("max_total_tensor_bytes", 8, 8, 1),
                [&] { return SetBytes(*view_, context, 9); });
  ASSERT_THAT(SetBytes(*view_, context, 4), IsOk());
  ASSERT_THAT(view_->Compute(context), IsOk());
  EXPECT_EQ(view_->GetOutput(context, 0)->data.size(), 4U);
}

TEST_P(LevelLimitsTest, MaxTotalTensorBytesOfDynamicOutputs) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_total_tensor_bytes = 16; });
  ContextHandle context = NewContext("io u8 ?\noutputs ?");
  ASSERT_THAT(SetBytes(*view_, context, 8), IsOk());
  ASSERT_THAT(view_->Compute(context), IsOk());
  EXPECT_EQ(view_->account().used(Resource::kTensorBytes), 16U);
  // A smaller result reuses the larger one's memory, which the context keeps until it ends.
  ASSERT_THAT(SetBytes(*view_, context, 1), IsOk());
  ASSERT_THAT(view_->Compute(context), IsOk());
  EXPECT_EQ(view_->account().used(Resource::kTensorBytes), 9U);
  ExpectRefused(ErrorCode::kTooLarge, UsedUp("max_total_tensor_bytes", 16, 9, 8),
                [&] { return SetBytes(*view_, context, 9); });
  ASSERT_THAT(view_->FinalizeExecutionContext(context), IsOk());
  EXPECT_EQ(view_->account().used(Resource::kTensorBytes), 0U);
  context = NewContext("io u8 ?\noutputs ?");
  ASSERT_THAT(SetBytes(*view_, context, 9), IsOk());
  EXPECT_THAT(view_->Compute(context),
              Fails(ErrorCode::kTooLarge, "the outputs and inputs were dropped: " +
                                              UsedUp("max_total_tensor_bytes", 16, 9, 9)));
  EXPECT_EQ(view_->account().used(Resource::kTensorBytes), 0U);
  EXPECT_THAT(view_->GetOutput(context, 0), Fails(ErrorCode::kInvalidArgument, testing::_));
  EXPECT_THAT(view_->Compute(context), Fails(ErrorCode::kInvalidArgument, testing::_));
  ASSERT_THAT(SetBytes(*view_, context, 8), IsOk());
  EXPECT_THAT(view_->Compute(context), IsOk());
}

// A graph whose output has as many bytes as the input's first byte says.
class GrowingGraph : public Graph {
 public:
  GrowingGraph()
      : Graph({{.name = "size",
                .aliases = {},
                .type = ElementType::kU8,
                .shape = std::vector{Dim::Fixed(1)}}},
              {{.name = "out", .aliases = {}, .type = ElementType::kU8, .shape = std::nullopt}}, 1,
              Encoding::kOnnx) {}

  Result<std::unique_ptr<ExecutionContext>> NewContext(
      const Placement& /*placement*/) const override {
    return std::make_unique<Context>(shared_from_this());
  }

 private:
  class Context : public ExecutionContext {
   public:
    explicit Context(std::shared_ptr<const Graph> graph) : ExecutionContext(std::move(graph)) {}

   private:
    Result<void> CopyInput(std::size_t /*index*/, const TensorView& tensor) override {
      size_ = std::to_integer<std::uint64_t>(tensor.data[0]);
      return {};
    }
    Result<void> Run(Deadline /*deadline*/) override {
      output_.assign(size_, std::byte{});
      dims_ = {size_};
      return {};
    }
    Result<TensorView> ReadOutput(std::size_t /*index*/) override {
      return TensorView{.type = ElementType::kU8, .dims = dims_, .data = output_};
    }

    std::uint64_t size_ = 0;
    std::vector<std::uint64_t> dims_;
    std::vector<std::byte> output_;
  };
};

class GrowingBackend : public fake::Backend {
 public:
  explicit GrowingBackend(fake::Counters& counters) : fake::Backend({Encoding::kOnnx}, counters) {}
  Result<ModelLayout> Layout(const Model& model) const override {
    return ModelLayout{.encoding = model.encoding, .bytes = 1};
  }
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& /*model*/, ModelLayout /*layout*/,
                                                  const LoadOptions& /*options*/,
                                                  Deadline /*deadline*/) override {
    return std::make_shared<const GrowingGraph>();
  }
};

// Outputs whose size is known only afterwards, at a limit and one byte above it.
class OutputLimitsTest : public LevelLimitsTest {
 protected:
  std::unique_ptr<Backend> NewBackend(Isolation /*isolation*/) override {
    return std::make_unique<GrowingBackend>(counters_);
  }
  // Runs one inference whose output has that size.
  Result<void> Compute(ContextHandle context, std::uint8_t output_bytes) {
    const std::vector data = {std::byte{output_bytes}};
    const std::vector<std::uint64_t> dims = {1};
    if (auto set =
            view_->SetInput(context, 0, {.type = ElementType::kU8, .dims = dims, .data = data});
        !set) {
      return set;
    }
    return view_->Compute(context);
  }
  void ExpectDropped(ContextHandle context, std::uint8_t output_bytes, const std::string& why) {
    EXPECT_THAT(Compute(context, output_bytes),
                Fails(ErrorCode::kTooLarge, "the outputs and inputs were dropped: " + why));
    // The input has a fixed size, so its memory is reserved from the start.
    EXPECT_EQ(view_->account().used(Resource::kTensorBytes), 1U);
    EXPECT_THAT(view_->GetOutput(context, 0), Fails(ErrorCode::kInvalidArgument, testing::_));
  }
};
INSTANTIATE_TEST_SUITE_P(Of, OutputLimitsTest,
                         testing::Values(Level::kHost, Level::kTenant, Level::kInstance),
                         LevelName);

TEST_P(OutputLimitsTest, AnOutputMayHaveMaxTensorBytesAndNoMore) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_tensor_bytes = 7; });
  const ContextHandle context = NewContext("any");
  ASSERT_THAT(Compute(context, 7), IsOk());
  EXPECT_EQ(view_->GetOutput(context, 0)->data.size(), 7U);
  ExpectDropped(context, 8,
                fmt::format("a tensor of 8 B is above max_tensor_bytes = 7 B of {}", OwnerText()));
  EXPECT_THAT(Compute(context, 7), IsOk());
}

TEST_P(OutputLimitsTest, AnOutputMayUseMaxTotalTensorBytesUpAndNoMore) {
  MakeWith(GetParam(), [](auto& limits) { limits.max_total_tensor_bytes = 10; });
  const ContextHandle context = NewContext("any");
  ASSERT_THAT(Compute(context, 9), IsOk());
  EXPECT_EQ(view_->GetOutput(context, 0)->data.size(), 9U);
  EXPECT_EQ(view_->account().used(Resource::kTensorBytes), 10U);
  ExpectDropped(context, 10, UsedUp("max_total_tensor_bytes", 10, 10, 1));
  EXPECT_THAT(Compute(context, 9), IsOk());
}

TEST_P(LevelLimitsTest, LoadTimeout) {
  MakeWith(GetParam(), [](auto& limits) { limits.load_timeout = milliseconds(1); });
  EXPECT_THAT(Load("io u8 1\nload_waits"),
              Fails(ErrorCode::kTimeout, "the model is still loading"));
  EXPECT_EQ(view_->account().used(Resource::kGraphs), 0U);
}

TEST_F(LimitsTest, TheGuestsOwnDeadlineEndsEveryLoad) {
  const test::TempDir dir;
  dir.Write("m.tflite", "io u8 1");
  MakeWith(InstanceLimits{.load_timeout = std::chrono::hours(1)});
  ASSERT_THAT(host_->Register("slow", fake::NewModel("io u8 3\nload_waits"), LoadMode::kLazy),
              IsOk());
  Deadline end = Deadline::Never();
  view_ = host_->NewView({.tenant = *tenant_,
                          .directories = {{.host = dir.path(), .guest = "dir"}},
                          .guest_deadline = [&] { return end; }});
  ASSERT_THAT(Load("io u8 4"), IsOk());
  end = Deadline::After(milliseconds(1));
  const auto late = Fails(ErrorCode::kTimeout, "the model is still loading");
  EXPECT_THAT(Load("io u8 1\nload_waits"), late);
  EXPECT_THAT(LoadNamed(*view_, "io u8 2\nload_waits", "named"), late);
  EXPECT_THAT(view_->LoadByName("slow"), late);
  EXPECT_THAT(view_->LoadByNameWithConfig("slow", R"({"threads": 1})"), late);
  EXPECT_THAT(
      view_->RegisterNamed("file", Encoding::kTensorFlowLite, Target::kCpu, "dir/m.tflite"),
      Fails(ErrorCode::kTimeout, "the load timed out while \"dir/m.tflite\" was being copied"));
  EXPECT_EQ(view_->account().used(Resource::kGraphs), 1U);
  EXPECT_THAT(view_->ListNamed(), testing::ElementsAre("slow"));
  // The deadline ends the wait, not the load.
  end = Deadline::Never();
  counters_.loading.Open();
  EXPECT_THAT(view_->LoadByName("slow"), IsOk());
}

TEST_P(LevelLimitsTest, ComputeTimeout) {
  MakeWith(GetParam(), [](auto& limits) { limits.inference_timeout = milliseconds(1); });
  const ContextHandle context = NewContext("io u8 1\ncompute_waits");
  ASSERT_THAT(SetBytes(*view_, context, 1), IsOk());
  ExpectRefused(ErrorCode::kTimeout, "the inference passed its deadline",
                [&] { return view_->Compute(context); });
}

TEST_F(LimitsTest, TheShortestTimeoutHolds) {
  Make(HostLimits{.inference_timeout = std::chrono::hours(1)});
  const auto view =
      NewView(AddTenant({.name = "a",
                         .limits = {.inference_timeout = milliseconds(1)},
                         .instance_limits = {.inference_timeout = std::chrono::hours(1)}}));
  const auto graph = HostFixture::Load(*view, "io u8 1\ncompute_waits");
  const auto context = view->InitExecutionContext(*graph);
  ASSERT_THAT(SetBytes(*view, *context, 1), IsOk());
  EXPECT_THAT(view->Compute(*context),
              Fails(ErrorCode::kTimeout, "the inference passed its deadline"));
}

TEST_F(LimitsTest, MaxGraphs) {
  MakeWith(InstanceLimits{.max_graphs = 2});
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  ASSERT_THAT(Load("io u8 1"), IsOk());
  const auto second = view_->LoadByName("m");
  ASSERT_THAT(second, IsOk());
  const std::string used_up =
      "the limit max_graphs = 2 of this instance is used up (2 in use, 1 requested)";
  ExpectRefused(ErrorCode::kResourceExhausted, used_up, [&] { return Load("io u8 1"); });
  ExpectRefused(ErrorCode::kResourceExhausted, used_up, [&] { return view_->LoadByName("m"); });
  ExpectRefused(ErrorCode::kResourceExhausted, used_up,
                [&] { return view_->LoadByNameWithConfig("m", R"({"threads": 1})"); });
  ExpectRefused(ErrorCode::kResourceExhausted, used_up,
                [&] { return LoadNamed(*view_, "io u8 1", "n"); });
  EXPECT_THAT(view_->ListNamed(), testing::ElementsAre("m"));
  ASSERT_THAT(view_->Unload(*second), IsOk());
  EXPECT_THAT(view_->LoadByName("m"), IsOk());
}

TEST_F(LimitsTest, MaxContexts) {
  MakeWith(InstanceLimits{.max_contexts = 1});
  const GraphHandle graph = Load("io u8 1").value();
  const auto first = view_->InitExecutionContext(graph);
  ASSERT_THAT(first, IsOk());
  ExpectRefused(ErrorCode::kResourceExhausted,
                "the limit max_contexts = 1 of this instance is used up (1 in use, 1 requested)",
                [&] { return view_->InitExecutionContext(graph); });
  ASSERT_THAT(view_->FinalizeExecutionContext(*first), IsOk());
  EXPECT_THAT(view_->InitExecutionContext(graph), IsOk());
}

// A context keeps its model's slot after the handle is closed.
TEST_F(LimitsTest, AModelIsHeldAsLongAsAContextOfIt) {
  MakeWith(InstanceLimits{.max_models = 1});
  const GraphHandle graph = Load("io u8 1").value();
  const auto context = view_->InitExecutionContext(graph);
  ASSERT_THAT(view_->Unload(graph), IsOk());
  ExpectRefused(ErrorCode::kResourceExhausted,
                "the limit max_models = 1 of this instance is used up (1 in use, 1 requested)",
                [&] { return Load("io u8 2"); });
  ASSERT_THAT(SetBytes(*view_, *context, 1), IsOk());
  ASSERT_THAT(view_->Compute(*context), IsOk());
  ASSERT_THAT(view_->FinalizeExecutionContext(*context), IsOk());
  EXPECT_THAT(Load("io u8 2"), IsOk());
}

TEST_F(LimitsTest, MaxConfigBytes) {
  MakeWith(InstanceLimits{.max_config_bytes = 14});
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1"), LoadMode::kLazy), IsOk());
  ASSERT_THAT(view_->LoadByNameWithConfig("m", R"({"threads": 1})"), IsOk());
  ExpectRefused(ErrorCode::kTooLarge, "a configuration of 15 B is above max_config_bytes = 14 B",
                [&] { return view_->LoadByNameWithConfig("m", R"({"threads": 12})"); });
}

TEST_F(LimitsTest, MaxNameBytes) {
  MakeWith(InstanceLimits{.max_name_bytes = 3});
  ASSERT_THAT(LoadNamed(*view_, "io u8 1", "abc"), IsOk());
  const std::string above = "a name of 4 B is above max_name_bytes = 3 B";
  ExpectRefused(ErrorCode::kTooLarge, above, [&] { return LoadNamed(*view_, "io u8 1", "abcd"); });
  ExpectRefused(ErrorCode::kTooLarge, above, [&] {
    return view_->RegisterNamed("abcd", Encoding::kOnnx, Target::kCpu, "path");
  });
  // Models that others registered may have longer names.
  ASSERT_THAT(host_->Register("abcd", fake::NewModel("io u8 1")), IsOk());
  EXPECT_THAT(view_->LoadByName("abcd"), IsOk());
}

TEST_F(LimitsTest, ANameHas255BytesAtMost) {
  MakeWith(InstanceLimits{.max_name_bytes = std::nullopt});
  EXPECT_THAT(LoadNamed(*view_, "io u8 1", std::string(255, 'n')), IsOk());
  ExpectRefused(ErrorCode::kInvalidArgument, testing::HasSubstr("255"),
                [&] { return LoadNamed(*view_, "io u8 1", std::string(256, 'n')); });
}

// A view with a thread that runs an inference until the end of the test.
class Computing {
 public:
  Computing(std::unique_ptr<View> view, ContextHandle context, fake::Counters& counters)
      : view_(std::move(view)),
        computing_(counters.computing),
        thread_([this, context] { done_ = view_->Compute(context); }) {
    EXPECT_TRUE(computing_.AwaitWaiting());
  }
  Computing(const Computing&) = delete;
  Computing& operator=(const Computing&) = delete;
  ~Computing() {
    computing_.Open();
    thread_.join();
    EXPECT_THAT(done_, IsOk());
  }

 private:
  std::unique_ptr<View> view_;
  fake::Latch& computing_;
  Result<void> done_;
  std::thread thread_;
};

// Limits that several threads may reach at once.
class SharedLimitsTest : public LevelLimitsTest {};
INSTANTIATE_TEST_SUITE_P(Of, SharedLimitsTest, testing::Values(Level::kHost, Level::kTenant),
                         LevelName);

TEST_P(SharedLimitsTest, MaxComputesAndMaxQueuedComputes) {
  MakeWith(GetParam(), [](auto& limits) {
    if constexpr (requires { limits.max_inferences; }) {
      limits.max_inferences = 1;
      limits.max_queued_inferences = 0;
    }
  });
  const ContextHandle waiting = NewContext("io u8 1");
  ASSERT_THAT(SetBytes(*view_, waiting, 1), IsOk());
  {
    auto other = NewView(tenant_);
    const auto graph = HostFixture::Load(*other, "io u8 1\ncompute_waits");
    const auto context = other->InitExecutionContext(*graph);
    ASSERT_THAT(SetBytes(*other, *context, 1), IsOk());
    const Computing computing(std::move(other), *context, counters_);
    ExpectRefused(ErrorCode::kBusy,
                  GetParam() == Level::kHost
                      ? "the host's limit max_queued_inferences is used up; try again later"
                      : "the limit max_queued_inferences = 0 of tenant "
                        "\"a\" is used up; try again later",
                  [&] { return view_->Compute(waiting); });
  }
  EXPECT_THAT(view_->Compute(waiting), IsOk());
}

// Counts concurrent loads.
class GaugingBackend : public fake::Backend {
 public:
  GaugingBackend(fake::Counters& counters, std::atomic<int>& most)
      : fake::Backend({Encoding::kOnnx}, counters), most_(most) {}

  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    const int now = ++running_;
    int most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
    auto loaded = fake::Backend::LoadLayout(model, std::move(layout), options, deadline);
    --running_;
    return loaded;
  }

 private:
  std::atomic<int> running_ = 0;
  std::atomic<int>& most_;
};

TEST_F(LimitsTest, MaxLoadsMakesLoadsWait) {
  std::atomic<int> most = 0;
  HostOptions options{.isolation = Isolation::kProcess};
  options.backends.push_back(std::make_unique<GaugingBackend>(counters_, most));
  const auto host = Host::Create(std::move(options)).value();
  const auto tenant = host->AddTenant({.name = "a", .limits = {.max_loads = 2}}).value();
  std::latch start(6);
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i <= 6; ++i) {
      threads.emplace_back([&, i] {
        const auto view = host->NewView({.tenant = *tenant});
        start.arrive_and_wait();
        EXPECT_THAT(HostFixture::Load(*view, fmt::format("io u8 {}\nload_waits", i)), IsOk());
      });
    }
    // All of them have asked.
    EXPECT_TRUE(test::Eventually([&] { return tenant->account().used(Resource::kModels) == 6; }));
    EXPECT_TRUE(counters_.loading.AwaitWaiting(2));
    counters_.loading.Open();
  }
  EXPECT_EQ(counters_.loads, 6);
  EXPECT_EQ(most, 2);
}

// Of more requests than fit, exactly as many succeed as fit.
TEST_P(SharedLimitsTest, ThirtyTwoThreadsNeverExceedThem) {
  MakeWith(GetParam(), [](auto& limits) {
    limits.max_models = 4;
    limits.max_total_tensor_bytes = 6;
  });
  std::atomic<int> loaded = 0;
  std::atomic<int> opened = 0;
  std::latch start(32);
  std::latch tried(32);
  {
    std::vector<std::jthread> threads;
    for (int i = 1; i <= 32; ++i) {
      threads.emplace_back([&, i] {
        const auto view = NewView(tenant_);
        start.arrive_and_wait();
        const auto graph = HostFixture::Load(*view, fmt::format("io u8 ?\nbytes {}", i));
        if (graph) {
          ++loaded;
          const auto context = view->InitExecutionContext(*graph);
          if (context && SetBytes(*view, *context, 2)) ++opened;
        }
        tried.arrive_and_wait();
      });
    }
  }
  EXPECT_EQ(loaded, 4);
  EXPECT_EQ(opened, 3);
  for (const auto& account : InUse()) {
    EXPECT_THAT(account, testing::Each(0U));
  }
}

}  // namespace
}  // namespace namesake
