// How many workers there are, how long they stay, and what is told of them.
#include "worker/worker_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <mutex>
#include <string>
#include <vector>

#include "namesake/worker_status.h"
#include "worker/hostile.h"

namespace namesake::worker {
namespace {

using std::chrono::milliseconds;
using test::Fails;
using test::IsOk;
using testing::ElementsAre;
using testing::HasSubstr;

class Seen : public WorkerObserver {
 public:
  void OnStarted(const WorkerStatus& worker) override {
    Add("start of " + worker.backend + " for " + worker.owner + ", which " +
        std::string(WorkerPurposeName(worker.purpose)));
  }
  void OnEnded(const WorkerEnd& end) override {
    Add("end: " + end.reason + ", " + std::to_string(end.running.size()) + " under way");
  }
  void OnVerdict(const WorkerVerdict& verdict) override {
    Add("verdict " + std::to_string(verdict.count) + " on " + verdict.owner);
  }
  std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  void Add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

class Workers : public Hostile {
 protected:
  void SetUp() override {
    Hostile::SetUp();
    seen_ = std::make_shared<Seen>();
    list_ = std::make_shared<WorkerList>(seen_);
    SetLimits({}, {});
  }
  void TearDown() override {
    list_ = nullptr;
    users_.clear();
    Hostile::TearDown();
  }

  // Two tenants of one host from now on.
  void SetLimits(const AccountLimits& host, const AccountLimits& tenant) {
    const auto all = Account::Make("the host", host);
    users_.clear();
    for (const char* const name : {"tenant \"a\"", "tenant \"b\""}) {
      users_.push_back(User::Make(name, Account::Make(name, tenant, all), list_));
    }
  }
  Result<std::shared_ptr<const Graph>> LoadFor(Backend& backend, std::size_t tenant,
                                               BackendOptions options = {}) {
    load_options_.user = users_[tenant];
    load_options_.placement = Placement::Tenant(tenant, Isolation::kTenant);
    return Load(backend, std::move(options));
  }
  std::unique_ptr<Backend> ProgramWith(WorkerSettings settings) {
    settings.spare = false;
    return Program("", milliseconds(100), settings);
  }
  std::vector<std::string> Owners() const {
    std::vector<std::string> owners;
    for (const WorkerStatus& worker : list_->Statuses()) owners.push_back(worker.owner);
    return owners;
  }

  std::shared_ptr<Seen> seen_;
  std::shared_ptr<WorkerList> list_;
  std::vector<std::shared_ptr<const User>> users_;
};

AccountLimits AtMost(std::uint64_t workers) {
  AccountLimits limits;
  limits.total(Resource::kWorkers) = workers;
  return limits;
}

TEST_F(Workers, AreListedWithWhatTheyHave) {
  const auto backend = ProgramWith({});
  const auto graph = LoadFor(*backend, 0);
  ASSERT_THAT(graph, IsOk());
  const auto context = NewContext(**graph);
  ASSERT_THAT(Compute(*context), IsOk());
  const auto all = list_->Statuses();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].backend, "hostile");
  EXPECT_EQ(all[0].owner, "tenant \"a\"");
  EXPECT_EQ(all[0].purpose, WorkerPurpose::kServes);
  EXPECT_EQ(all[0].process, AwaitWorker(ProgramPath()));
  EXPECT_EQ(all[0].contexts, 1U);
  EXPECT_EQ(all[0].calls, 0U);
  EXPECT_THAT(all[0].models, ElementsAre(HasSubstr("same.onnx")));
  EXPECT_GT(all[0].uptime.count(), 0);
}

// A worker can answer before its keeper has told of it. Until then it is in no control group.
TEST_F(Workers, AreNotReadyBeforeTheirProcessIsKnown) {
  const auto backend = Program("late news");
  ASSERT_THAT(LoadFor(*backend, 0), IsOk());
  EXPECT_EQ(list_->Statuses().at(0).process, AwaitWorker(ProgramPath("late news")));
}

TEST_F(Workers, ThatAreIdleForLongAreEndedAndTheNextUseStartsOne) {
  const auto backend = ProgramWith({.idle_time = milliseconds(100)});
  const auto graph = LoadFor(*backend, 0);
  ASSERT_THAT(graph, IsOk());
  EXPECT_TRUE(Eventually([&] { return Owners().empty(); }));
  EXPECT_TRUE(Eventually([&] { return WorkersOf(ProgramPath()).empty(); }));
  EXPECT_THAT(Compute(*NewContext(**graph)), IsOk());
  // It is no failure.
  EXPECT_EQ(log_.Count("the worker of hostile"), 0);
  EXPECT_THAT(seen_->events(), testing::Each(testing::StartsWith("start")));
}

TEST_F(Workers, WithOpenContextsAreNotIdle) {
  const auto backend = ProgramWith({.idle_time = milliseconds(100)});
  const auto used = LoadFor(*backend, 0);
  ASSERT_THAT(used, IsOk());
  const auto context = NewContext(**used);
  ASSERT_THAT(Compute(*context), IsOk());
  const auto idle = LoadFor(*backend, 1);
  ASSERT_THAT(idle, IsOk());
  EXPECT_TRUE(Eventually([&] { return Owners().size() == 1; }));
  EXPECT_THAT(Owners(), ElementsAre("tenant \"a\""));
}

TEST_F(Workers, TheOneThatIsIdleForLongestMakesRoom) {
  SetLimits(AtMost(1), {});
  const auto backend = ProgramWith({});
  const auto first = LoadFor(*backend, 0);
  ASSERT_THAT(first, IsOk());
  const auto second = LoadFor(*backend, 1);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Owners(), ElementsAre("tenant \"b\""));
  EXPECT_THAT(Compute(*NewContext(**first)), IsOk());
  EXPECT_THAT(Owners(), ElementsAre("tenant \"a\""));
}

TEST_F(Workers, BeyondTheLimitAreRefusedWhileNoneIsIdle) {
  SetLimits(AtMost(1), {});
  const auto backend = ProgramWith({});
  const auto first = LoadFor(*backend, 0);
  ASSERT_THAT(first, IsOk());
  const auto context = NewContext(**first);
  ASSERT_THAT(Compute(*context), IsOk());
  EXPECT_THAT(LoadFor(*backend, 1),
              Fails(ErrorCode::kResourceExhausted, HasSubstr("max_workers = 1 of the host")));
  EXPECT_THAT(Compute(*context), IsOk());
  // Two backends of one tenant are two.
  SetLimits({}, AtMost(1));
  const auto other = Program("other", milliseconds(100), {.spare = false});
  const auto mine = LoadFor(*backend, 1);
  ASSERT_THAT(mine, IsOk());
  const auto busy = NewContext(**mine);
  ASSERT_THAT(Compute(*busy), IsOk());
  EXPECT_THAT(LoadFor(*other, 1),
              Fails(ErrorCode::kResourceExhausted, HasSubstr("max_workers = 1 of tenant \"b\"")));
}

// What runs again is not refused for want of a place.
TEST_F(Workers, RunAgainBeyondTheLimit) {
  SetLimits(AtMost(1), {});
  const auto backend = ProgramWith({});
  const auto graph = LoadFor(*backend, 0, {{"compute", "exit"}});
  ASSERT_THAT(graph, IsOk());
  EXPECT_THAT(Compute(*NewContext(**graph)),
              Fails(ErrorCode::kRuntimeError, HasSubstr("exit status 3")));
}

TEST_F(Workers, AreObserved) {
  const auto backend = ProgramWith({});
  const auto graph = LoadFor(*backend, 0, {{"compute", "exit"}});
  ASSERT_THAT(graph, IsOk());
  EXPECT_FALSE(Compute(*NewContext(**graph)));
  EXPECT_TRUE(Eventually([&] { return seen_->events().size() == 5; }));
  EXPECT_THAT(seen_->events(),
              testing::UnorderedElementsAre("start of hostile for tenant \"a\", which serves",
                                            "end: ended with exit status 3, 1 under way",
                                            "start of hostile for tenant \"a\", which runs again",
                                            "end: ended with exit status 3, 1 under way",
                                            "verdict 1 on tenant \"a\""));
}

}  // namespace
}  // namespace namesake::worker
