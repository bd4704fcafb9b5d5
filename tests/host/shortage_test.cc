// Memory or threads run out: the nth allocation or thread start fails, on whichever thread, for
// every n. Whatever fails, views throw nothing but std::bad_alloc, nobody waits for ever, nothing
// stays reserved, and everything works again afterwards.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "host/faults.h"
#include "namesake/host.h"
#include "support/gate.h"
#include "support/matchers.h"
#include "support/temp_dir.h"
#include "view/tenant_state.h"

namespace namesake {
namespace {

using test::Faults;
using test::IsOk;
using test::kHang;
using test::Shortage;

// Records violations while something fails, without allocating.
class Notes {
 public:
  // Expects `step` to throw nothing but std::bad_alloc.
  template <typename Step>
  void Try(const Step& step) noexcept {
    try {
      step();
    } catch (const std::bad_alloc&) {
      // A view's functions may throw this.
    } catch (...) {
      thrown_ = true;
    }
  }
  // Returns a result after checking that no deadline passed and no internal error occurred.
  template <typename T>
  Result<T> Check(Result<T> result) {
    if (!result) {
      late_ = late_ || result.error().code() == ErrorCode::kTimeout;
      internal_ = internal_ || result.error().code() == ErrorCode::kInternal;
    }
    return result;
  }

  void Expect(bool condition) noexcept { wrong_ = wrong_ || !condition; }

  bool wrong() const { return wrong_; }
  bool thrown() const { return thrown_; }
  bool late() const { return late_; }
  bool internal() const { return internal_; }

 private:
  std::atomic<bool> wrong_ = false;
  std::atomic<bool> thrown_ = false;
  std::atomic<bool> late_ = false;
  std::atomic<bool> internal_ = false;
};

constexpr std::string_view kLazy = "io u8 4\nin u8 ?";

// A host with two tenants: guests of "own" register models for themselves, guests of "shared" for
// the tenant.
class World {
 public:
  World() {
    HostOptions options{.isolation = Isolation::kProcess};
    options.backends.push_back(std::make_unique<fake::Backend>(
        std::vector{Encoding::kOnnx, Encoding::kTensorFlowLite}, counters_));
    options.limits = {.load_timeout = kHang, .inference_timeout = kHang};
    options.failed_load_ttl = {};
    options.snapshot_dir = directory_.path() / "copies";
    host_ = Host::Create(std::move(options)).value();
    own_ = AddTenant("own", GuestRegister::kInstance);
    shared_ = AddTenant("shared", GuestRegister::kTenant);
    Register();
    directory_.Write("guest/m.tflite", "io u8 3");
  }

  void Register() {
    EXPECT_THAT(host_->Register("eager", fake::NewModel("io u8 4"), LoadMode::kEager), IsOk());
    EXPECT_THAT(host_->Register("lazy", fake::NewModel(kLazy), LoadMode::kLazy), IsOk());
    EXPECT_THAT(host_->Register("lazy too", fake::NewModel("io u8 5"), LoadMode::kLazy), IsOk());
  }
  void UnregisterAll() {
    for (const Owner& owner : {Owner::Host(), Owner(*own_), Owner(*shared_)}) {
      for (const ModelStatus& model : host_->Models(owner)) {
        EXPECT_THAT(host_->Unregister(model.key.name.text(), owner), IsOk());
      }
    }
  }

  Host& host() { return *host_; }
  const std::shared_ptr<const Tenant>& own() const { return own_; }
  const std::shared_ptr<const Tenant>& shared() const { return shared_; }
  std::unique_ptr<View> NewView(const std::shared_ptr<const Tenant>& tenant) {
    return host_->NewView(
        {.tenant = *tenant,
         .directories = {{.host = directory_.path() / "guest", .guest = "models"}}});
  }
  fake::Counters& counters() { return counters_; }

 private:
  std::shared_ptr<const Tenant> AddTenant(std::string name, GuestRegister guest_register) {
    return host_
        ->AddTenant({.name = std::move(name),
                     .policy = {.guest_register = guest_register, .guest_options = {"threads"}},
                     // Room for two of the host's models or four of the tenant's.
                     .limits = {.max_total_model_bytes = 42,
                                .max_loads = 1,
                                .max_inferences = 1,
                                .max_queued_inferences = 2}})
        .value();
  }

  test::TempDir directory_;
  fake::Counters counters_;
  std::unique_ptr<Host> host_;
  std::shared_ptr<const Tenant> own_;
  std::shared_ptr<const Tenant> shared_;
};

std::vector<std::span<const std::byte>> Parts(std::string_view text) {
  return {std::as_bytes(std::span(text))};
}

// Sets the input, computes and reads the output, copied and shared.
void Infer(View& view, GraphHandle graph, Notes& notes) {
  const auto context = notes.Check(view.InitExecutionContext(graph));
  if (!context) return;
  notes.Try([&] {
    const std::vector<std::byte> data(4);
    const std::vector<std::uint64_t> dims = {4};
    const TensorView tensor = {.type = ElementType::kU8, .dims = dims, .data = data};
    if (!notes.Check(view.SetInput(*context, 0, tensor))) return;
    if (!notes.Check(view.Compute(*context))) return;
    static_cast<void>(notes.Check(view.GetOutput(*context, 0)));
    const auto output = notes.Check(view.ShareOutput(*context, 0));
    const auto held = notes.Check(view.NewTensor(tensor));
    if (held && notes.Check(view.ShareInput(*context, 0, held->tensor))) {
      static_cast<void>(notes.Check(view.Compute(*context)));
    }
  });
  notes.Try([&] { notes.Expect(view.FinalizeExecutionContext(*context).has_value()); });
}

using Scenario = std::function<void(World&, Notes&)>;

void LoadAndInfer(World& world, Notes& notes) {
  std::unique_ptr<View> view;
  notes.Try([&] { view = world.NewView(world.own()); });
  if (view == nullptr) return;
  for (int i = 0; i < 2; ++i) {
    std::optional<GraphHandle> graph;
    notes.Try([&] {
      const auto loaded = notes.Check(view->Load(Parts("io u8 4"), Encoding::kOnnx, Target::kCpu));
      if (loaded) graph = *loaded;
    });
    if (!graph) continue;
    notes.Try([&] { Infer(*view, *graph, notes); });
    notes.Try([&] { static_cast<void>(notes.Check(view->Describe(*graph))); });
    notes.Try([&] { notes.Expect(view->Unload(*graph).has_value()); });
  }
  // Failed calls leave no handle behind that holds anything.
  for (const Resource resource : {Resource::kGraphs, Resource::kContexts, Resource::kTensorBytes}) {
    notes.Expect(view->account().used(resource) == 0);
  }
}

void Name(World& world, const std::shared_ptr<const Tenant>& tenant, Notes& notes) {
  std::unique_ptr<View> view;
  notes.Try([&] { view = world.NewView(tenant); });
  if (view == nullptr) return;
  const auto load = [&](std::string_view name) {
    notes.Try([&] {
      static_cast<void>(
          notes.Check(view->LoadNamed(Parts("io u8 4"), Encoding::kOnnx, Target::kCpu, name)));
    });
  };
  load("one");
  load("another of the same");
  notes.Try([&] { static_cast<void>(notes.Check(view->LoadByName("one"))); });
  notes.Try([&] { static_cast<void>(view->ListNamed()); });
  notes.Try([&] { static_cast<void>(notes.Check(view->UnregisterNamed("one"))); });
  notes.Try([&] { static_cast<void>(notes.Check(view->UnregisterNamed("none"))); });
  load("one");
  load("one");  // The name is taken.
}

void NameForOneself(World& world, Notes& notes) { Name(world, world.own(), notes); }
void NameForTheTenant(World& world, Notes& notes) { Name(world, world.shared(), notes); }

void NameByPath(World& world, Notes& notes) {
  std::unique_ptr<View> view;
  notes.Try([&] { view = world.NewView(world.own()); });
  if (view == nullptr) return;
  notes.Try([&] {
    static_cast<void>(notes.Check(
        view->RegisterNamed("file", Encoding::kTensorFlowLite, Target::kCpu, "models/m.tflite")));
  });
  notes.Try([&] { static_cast<void>(notes.Check(view->LoadByName("file"))); });
}

void UseTheHosts(World& world, Notes& notes) {
  std::unique_ptr<View> view;
  notes.Try([&] { view = world.NewView(world.own()); });
  if (view == nullptr) return;
  for (const std::string_view name : {"eager", "lazy", "lazy too", "none"}) {
    notes.Try([&] {
      const auto graph = notes.Check(view->LoadByName(name));
      if (graph && name == "eager") Infer(*view, *graph, notes);
    });
  }
  for (const std::string_view config : {R"({"threads": 1})", R"({"threads": 2})"}) {
    notes.Try([&] {
      const auto graph = notes.Check(view->LoadByNameWithConfig("lazy", config));
      if (graph) static_cast<void>(view->Unload(*graph));
    });
  }
}

void Operate(World& world, Notes& notes) {
  Host& host = world.host();
  const auto deadline = Deadline::After(kHang);
  notes.Try([&] { host.PrefetchAll(); });
  notes.Try([&] {
    static_cast<void>(notes.Check(host.Replace("eager", fake::NewModel("io u8 4"), LoadMode::kEager,
                                               Owner::Host(), deadline)));
  });
  notes.Try([&] {
    static_cast<void>(notes.Check(
        host.Register("new", fake::NewModel("io u8 4"), LoadMode::kLazy, *world.own())));
  });
  notes.Try([&] {
    static_cast<void>(notes.Check(
        host.Replace("new", fake::NewModel("io u8 9"), LoadMode::kLazy, *world.own(), deadline)));
  });
  notes.Try([&] { static_cast<void>(notes.Check(host.Acquire("new", deadline, *world.own()))); });
  notes.Try([&] { static_cast<void>(host.Models(*world.own())); });
  notes.Try([&] { static_cast<void>(host.VisibleModels(*world.own())); });
  notes.Try([&] { static_cast<void>(notes.Check(host.Unregister("new", *world.own()))); });
}

void HoldTensors(World& world, Notes& notes) {
  std::unique_ptr<View> view;
  notes.Try([&] { view = world.NewView(world.own()); });
  if (view == nullptr) return;
  struct Held {
    Reservation place;
    HeldTensor tensor;
  };
  std::vector<Held> all;
  for (int i = 0; i < 3; ++i) {
    notes.Try([&] {
      auto place = notes.Check(view->NewTensorPlace());
      const std::vector<std::byte> data(4);
      const std::vector<std::uint64_t> dims = {4};
      auto held =
          notes.Check(view->NewTensor({.type = ElementType::kU8, .dims = dims, .data = data}));
      if (place && held) all.push_back({*std::move(place), *std::move(held)});
      if (i == 1 && !all.empty()) all.pop_back();
    });
  }
  notes.Expect(view->account().used(Resource::kTensors) == all.size());
  notes.Expect(view->account().used(Resource::kTensorBytes) == 4 * all.size());
}

// Two guests of one tenant that may run one inference at a time.
void Queue(World& world, Notes& notes) {
  Faults::Pause();
  std::latch ready(2);
  std::latch begin(1);
  std::atomic<int> ended = 0;
  {
    std::vector<std::jthread> guests;
    const auto guest = [&] {
      const auto view = world.NewView(world.own());
      const auto graph =
          view->Load(Parts("io u8 4\ncompute_waits"), Encoding::kOnnx, Target::kCpu).value();
      ready.count_down();
      begin.wait();
      notes.Try([&] { Infer(*view, graph, notes); });
      ++ended;
    };
    guests.emplace_back(guest);
    guests.emplace_back(guest);
    ready.wait();
    Faults::GoOn();
    begin.count_down();
    // One runs and the other waits for it, unless it has already failed.
    const limits::QueueCounts queued{.running = 1, .waiting = 1};
    notes.Expect(test::Eventually(
        [&] { return ended > 0 || world.own()->state().computes().counts() == queued; }));
    world.counters().computing.Open();
  }
}

class ShortageTest : public testing::TestWithParam<Shortage> {
 protected:
  // Runs the scenario for n = 1, 2, … until nothing fails any more.
  static void Drive(const Scenario& scenario) {
    constexpr std::uint64_t kMost = 5000;
    std::uint64_t n = 1;
    while (RunOnce(scenario, n)) {
      ASSERT_FALSE(HasFailure()) << "where number " << n << " failed";
      ASSERT_LT(++n, kMost);
    }
    RecordProperty("failures", static_cast<int>(n - 1));
    EXPECT_GT(n, 20U);  // Otherwise it was not armed.
  }

  // Returns whether anything failed.
  static bool RunOnce(const Scenario& scenario, std::uint64_t n) {
    World world;
    Notes notes;
    Faults::Arm(n, GetParam());
    scenario(world, notes);
    const bool failed = Faults::Disarm();
    EXPECT_FALSE(notes.wrong());
    EXPECT_FALSE(notes.thrown()) << "something else than std::bad_alloc came out";
    EXPECT_FALSE(notes.late()) << "somebody was left waiting";
    EXPECT_FALSE(notes.internal());
    EXPECT_TRUE(world.host().AwaitLoads(Deadline::After(kHang)));
    ExpectThatTablesAgree(world);
    ExpectThatItWorks(world);
    ExpectThatNothingIsLeft(world);
    return failed;
  }

  // Expects lists and lookups to agree on the same names.
  static void ExpectThatTablesAgree(World& world) {
    for (const Owner& owner : {Owner::Host(), Owner(*world.own()), Owner(*world.shared())}) {
      std::set<std::string> listed;
      for (const ModelStatus& model : world.host().Models(owner)) {
        listed.insert(model.key.name.text());
        EXPECT_NE(model.state, ModelState::kLoading);
      }
      for (const std::string name :
           {"eager", "lazy", "lazy too", "new", "one", "another of the same", "file"}) {
        const auto found = world.host().Acquire(name, Deadline::After(kHang), owner);
        EXPECT_EQ(found.has_value(), listed.contains(name))
            << name << ": " << (found ? "found" : found.error().detail());
      }
    }
  }

  static void ExpectThatItWorks(World& world) {
    for (const auto& tenant : {world.own(), world.shared()}) {
      const auto view = world.NewView(tenant);
      static_cast<void>(view->UnregisterNamed("one"));
      const auto graph = view->LoadNamed(Parts("io u8 4"), Encoding::kOnnx, Target::kCpu, "one");
      ASSERT_THAT(graph, IsOk());
      EXPECT_THAT(view->LoadByName("one"), IsOk());
      EXPECT_THAT(view->ListNamed(), testing::IsSupersetOf({"eager", "lazy", "one"}));
      EXPECT_THAT(view->LoadByNameWithConfig("eager", R"({"threads": 1})"), testing::_);
      const auto context = view->InitExecutionContext(*graph);
      ASSERT_THAT(context, IsOk());
      const std::vector<std::byte> data(4);
      const std::vector<std::uint64_t> dims = {4};
      EXPECT_THAT(
          view->SetInput(*context, 0, {.type = ElementType::kU8, .dims = dims, .data = data}),
          IsOk());
      EXPECT_THAT(view->Compute(*context), IsOk());
      EXPECT_THAT(view->UnregisterNamed("one"), IsOk());
    }
  }

  static void ExpectThatNothingIsLeft(World& world) {
    world.UnregisterAll();
    EXPECT_TRUE(world.host().AwaitLoads(Deadline::After(kHang)));
    for (const auto& tenant : {world.own(), world.shared()}) {
      EXPECT_EQ(tenant->state().computes().counts(), limits::QueueCounts());
      for (std::size_t i = 0; i < kResourceCount; ++i) {
        const auto resource = static_cast<Resource>(i);
        EXPECT_EQ(tenant->account().used(resource), 0U) << LimitName(resource);
      }
    }
    EXPECT_EQ(world.counters().graphs, 0);
    EXPECT_EQ(world.counters().contexts, 0);
    // Nothing stays reserved in the host's account either: all models fit again.
    world.Register();
    world.UnregisterAll();
  }
};

INSTANTIATE_TEST_SUITE_P(Of, ShortageTest, testing::Values(Shortage::kOne, Shortage::kLasting),
                         [](const auto& of) {
                           return of.param == Shortage::kOne ? "One" : "AllFromOne";
                         });

TEST_P(ShortageTest, LoadAndInfer) { Drive(LoadAndInfer); }
TEST_P(ShortageTest, NameForOneself) { Drive(NameForOneself); }
TEST_P(ShortageTest, NameForTheTenant) { Drive(NameForTheTenant); }
TEST_P(ShortageTest, NameByPath) { Drive(NameByPath); }
TEST_P(ShortageTest, UseTheHosts) { Drive(UseTheHosts); }
TEST_P(ShortageTest, Operate) { Drive(Operate); }
TEST_P(ShortageTest, HoldTensors) { Drive(HoldTensors); }
TEST_P(ShortageTest, Queue) { Drive(Queue); }

}  // namespace
}  // namespace namesake
