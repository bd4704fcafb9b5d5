// A worker of the host's that serves several tenants.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <future>
#include <span>
#include <vector>

#include "graph/tensor_copy.h"
#include "worker/hostile.h"
#include "worker/slabs.h"

namespace namesake::worker {
namespace {

using test::Fails;
using test::IsOk;
using testing::HasSubstr;

using Values = std::array<float, 4>;

const Values kGood = {1, 2, 3, 4};
// The hostile program ends by it.
const Values kBad = {9, 0, 0, 0};

class SharedWorker : public Hostile {
 protected:
  void SetUp() override {
    Hostile::SetUp();
    auto users = std::make_shared<Users>();
    for (std::uint64_t i = 0; i < 2; ++i) {
      const std::string name = "tenant \"" + std::to_string(i) + "\"";
      users->Add(TenantAt(i), User::Make(name, Account::Make(name, {})));
    }
    load_options_.placement = Placement::Host(Isolation::kHost);
    load_options_.user = User::Make("the host", Account::Make("the host", {}));
    load_options_.users = users;
  }
  void TearDown() override {
    load_options_.users = nullptr;
    Hostile::TearDown();
  }

  static Placement TenantAt(std::uint64_t id) { return Placement::Tenant(id, Isolation::kHost); }
  const User& UserAt(std::uint64_t id) { return *load_options_.users->Find(TenantAt(id)); }

  static std::unique_ptr<ExecutionContext> ContextOf(const Graph& graph, std::uint64_t tenant) {
    auto context = graph.NewContext(TenantAt(tenant));
    return context ? *std::move(context) : nullptr;
  }
  static Result<void> Run(ExecutionContext& context, const Values& values,
                          Deadline deadline = Deadline::After(kSoon)) {
    const std::array<std::uint64_t, 1> dims = {4};
    const TensorView input = {.dims = dims, .data = std::as_bytes(std::span(values))};
    if (auto set = context.SetInput(0, input); !set) return set;
    return context.Compute(deadline);
  }
  std::vector<pid_t> Workers() const { return WorkersOf(ProgramPath()); }
};

TEST_F(SharedWorker, ServesAllTenants) {
  const auto backend = Program();
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto first = ContextOf(**graph, 0);
  const auto second = ContextOf(**graph, 1);
  EXPECT_THAT(Run(*first, kGood), IsOk());
  EXPECT_THAT(Run(*second, {5, 6, 7, 8}), IsOk());
  EXPECT_EQ(Workers().size(), 1U);
  EXPECT_TRUE(std::ranges::equal(first->Output(0)->data, std::as_bytes(std::span(kGood))));
}

// A tensor that a tenant holds is where no shared worker can write: it is copied once more there.
TEST_F(SharedWorker, TakesAndGivesTensorsByACopyMore) {
  const auto backend = Program();
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto context = ContextOf(**graph, 0);
  const std::array<std::uint64_t, 1> dims = {4};
  const TensorView view = {.dims = dims, .data = std::as_bytes(std::span(kGood))};
  SlabPool& own = *UserAt(0).slabs;
  const auto tensor = graph::CopyTensor(view, own);
  ASSERT_THAT(tensor, IsOk());
  const auto before = graph::TensorBytesCopied();
  ASSERT_THAT(context->ShareInput(0, *tensor), IsOk());
  EXPECT_EQ(graph::TensorBytesCopied() - before, sizeof kGood);
  ASSERT_THAT(context->Compute(Deadline::After(kSoon)), IsOk());
  const auto kept = context->ShareOutput(0);
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(graph::TensorBytesCopied() - before, 2 * sizeof kGood);
  EXPECT_TRUE(own.Find(kept->bytes.get(), kept->size));
  EXPECT_TRUE(std::ranges::equal(kept->view().data, std::as_bytes(std::span(kGood))));
}

// Each tenant's tensors for it count for that tenant.
TEST_F(SharedWorker, CountsTensorsForTheirTenant) {
  const auto backend = Program();
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto context = ContextOf(**graph, 1);
  ASSERT_THAT(Run(*context, kGood), IsOk());
  EXPECT_EQ(UserAt(0).account->used(Resource::kWorkerMemory), 0U);
  EXPECT_GT(UserAt(1).account->used(Resource::kWorkerMemory), 0U);
}

TEST_F(SharedWorker, OneThatATenantEndsGoesOnForTheOthers) {
  const auto backend = Program();
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto guilty = ContextOf(**graph, 0);
  const auto innocent = ContextOf(**graph, 1);
  ASSERT_THAT(Run(*innocent, kGood), IsOk());
  EXPECT_THAT(Run(*guilty, kBad), Fails(ErrorCode::kRuntimeError, HasSubstr("exit status 9")));
  ASSERT_THAT(Run(*innocent, kGood), IsOk());
  EXPECT_TRUE(Eventually([&] { return Workers().size() == 1; }));
  const auto shared = Workers();
  // From now on it has a worker of its own for this model.
  EXPECT_THAT(Run(*guilty, kGood), IsOk());
  EXPECT_TRUE(Eventually([&] { return Workers().size() == 2; }));
  EXPECT_THAT(Run(*guilty, kBad), Fails(ErrorCode::kRuntimeError, HasSubstr("exit status 9")));
  EXPECT_THAT(Run(*guilty, kGood),
              Fails(ErrorCode::kRuntimeError, HasSubstr("the model has ended its worker 2 times")));
  EXPECT_THAT(Run(*innocent, kGood), IsOk());
  EXPECT_THAT(Workers(), testing::Contains(shared.front()));
}

// An inference that does not stop counts, though nobody looks at its context any more.
TEST_F(SharedWorker, OneThatATenantsOverrunEndsIsCounted) {
  const auto backend = Program();
  const auto graph = Load(*backend, {{"compute", "silent"}});
  ASSERT_THAT(graph, IsOk());
  for (int i = 1; i <= 2; ++i) {
    EXPECT_THAT(Run(*ContextOf(**graph, 0), kGood, Deadline::After(std::chrono::milliseconds(50))),
                Fails(ErrorCode::kTimeout, "the inference did not finish in time"));
    EXPECT_TRUE(Eventually([&] { return log_.Count("went on after its deadline") == i; }));
  }
  EXPECT_TRUE(Eventually([&] {
    const auto computed =
        Run(*ContextOf(**graph, 0), kGood, Deadline::After(std::chrono::milliseconds(50)));
    return computed.error().message().contains("the model has ended its worker");
  }));
}

TEST_F(SharedWorker, WithoutQuarantineTheGuiltyTenantIsRefused) {
  const auto backend =
      Program("", std::chrono::milliseconds(100), {.spare = false, .quarantine = false});
  const auto graph = Load(*backend);
  ASSERT_THAT(graph, IsOk());
  const auto guilty = ContextOf(**graph, 0);
  const auto innocent = ContextOf(**graph, 1);
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(Run(*guilty, kBad));
  EXPECT_THAT(Run(*guilty, kGood),
              Fails(ErrorCode::kRuntimeError, HasSubstr("the model has ended its worker 2 times")));
  EXPECT_THAT(Run(*innocent, kGood), IsOk());
  EXPECT_TRUE(Eventually([&] { return Workers().size() == 1; }));
}

}  // namespace
}  // namespace namesake::worker
