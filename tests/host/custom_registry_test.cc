// An embedder's registry behind a host's views, written against the public headers only.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "namesake/registry.h"
#include "support/host_fixture.h"

namespace namesake {
namespace {

using test::Fails;
using test::IsOk;
using testing::ElementsAre;

// Keeps names in a map. Also serves, by rule instead of registration, a model "u8/N" in the host's
// scope, with an input of N bytes. Every caller gets a separate graph.
class RuleRegistry : public Registry {
 public:
  explicit RuleRegistry(std::shared_ptr<const ModelLoader> loader) : loader_(std::move(loader)) {}

  Result<void> Register(const ModelKey& key, Registration registration) override {
    const std::lock_guard lock(mutex_);
    return Insert(key, std::move(registration));
  }

  Result<void> Replace(const ModelKey& key, Registration registration, Deadline deadline) override {
    auto graph = loader_->Load(registration.model, registration.placement, deadline);
    if (!graph) return std::unexpected(graph.error());
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(key);
    if (found == models_.end()) return NotFound(key);
    found->second = {.model = std::move(registration.model),
                     .graphs = {{registration.placement, *std::move(graph)}}};
    return {};
  }

  Result<void> Unregister(const ModelKey& key, Origin by) override {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(key);
    if (found == models_.end()) return NotFound(key);
    if (by == Origin::kGuest && found->second.model.origin == Origin::kOperator) {
      return std::unexpected(Error(ErrorCode::kSecurity, "not yours"));
    }
    models_.erase(found);
    return {};
  }

  void Prefetch(const ModelKey& key, const Placement& placement) override {
    static_cast<void>(Acquire(key, placement, Deadline::Never()));
  }

  using Registry::Acquire;
  Result<Lease> Acquire(std::span<const ModelKey* const> keys, const Placement& placement,
                        Deadline deadline) override {
    const std::lock_guard lock(mutex_);
    for (const ModelKey* const key : keys) {
      if (Known* const known = Find(*key)) return Use(*known, placement, deadline);
    }
    return NotFound(*keys.front());
  }

  Result<Lease> AcquireVariant(std::span<const ModelKey* const> keys, const BackendOptions& options,
                               VariantFor whom, Deadline deadline) override {
    const std::lock_guard lock(mutex_);
    for (const ModelKey* const key : keys) {
      const Known* const known = Find(*key);
      if (known == nullptr) continue;
      Model model = known->model;
      for (const auto& [name, value] : options) model.options.insert_or_assign(name, value);
      return Loaded(model, whom.placement, deadline);
    }
    return NotFound(*keys.front());
  }

  Result<Lease> Load(Registration registration, const ModelKey* name, Deadline deadline) override {
    auto lease = Loaded(registration.model, registration.placement, deadline);
    if (!lease || name == nullptr) return lease;
    const std::lock_guard lock(mutex_);
    if (auto inserted = Insert(*name, std::move(registration)); !inserted) {
      return std::unexpected(inserted.error());
    }
    return lease;
  }

  Result<Reservation> ReserveModelBytes(const std::shared_ptr<Account>& account,
                                        std::uint64_t bytes) override {
    return account->Reserve(Resource::kModelBytes, bytes);
  }

  std::optional<ModelStatus> Status(const ModelKey& key,
                                    const Placement& /*placement*/) const override {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(key);
    if (found == models_.end()) return std::nullopt;
    return StatusOf(*found);
  }

  std::vector<ModelStatus> List(const Scope& scope, const Placement& /*placement*/) const override {
    const std::lock_guard lock(mutex_);
    std::vector<ModelStatus> list;
    for (const auto& named : models_) {
      if (named.first.scope == scope) list.push_back(StatusOf(named));
    }
    return list;
  }

 private:
  struct Known {
    Model model;
    std::unordered_map<Placement, std::shared_ptr<const Graph>> graphs;
  };

  static std::unexpected<Error> NotFound(const ModelKey& key) {
    return std::unexpected(
        Error(ErrorCode::kNotFound, "no rule gives \"" + key.name.text() + "\""));
  }
  static ModelStatus StatusOf(const std::pair<const ModelKey, Known>& named) {
    const auto& [key, known] = named;
    return {.key = key,
            .encoding = known.model.encoding,
            .target = known.model.target,
            .load = LoadMode::kLazy,
            .origin = known.model.origin,
            .state = known.graphs.empty() ? ModelState::kRegistered : ModelState::kReady,
            .model_bytes = known.graphs.empty() ? 0 : known.graphs.begin()->second->model_bytes(),
            .load_time = {},
            .failure = {}};
  }

  Result<Lease> Loaded(const Model& model, const Placement& placement, Deadline deadline) const {
    auto graph = loader_->Load(model, placement, deadline);
    if (!graph) return std::unexpected(graph.error());
    return Lease(*std::move(graph), placement);
  }
  // The functions below need the mutex to be held.
  Result<void> Insert(const ModelKey& key, Registration registration) {
    if (models_.try_emplace(key, Known{std::move(registration.model), {}}).second) return {};
    return std::unexpected(Error(ErrorCode::kInvalidArgument, "the name is taken"));
  }
  Known* Find(const ModelKey& key) {
    const auto found = models_.find(key);
    if (found != models_.end()) return &found->second;
    const std::string& name = key.name.text();
    if (key.scope != Scope::Host() || !name.starts_with("u8/")) return nullptr;
    return &models_.try_emplace(key, Known{fake::NewModel("io u8 " + name.substr(3)), {}})
                .first->second;
  }
  Result<Lease> Use(Known& known, const Placement& placement, Deadline deadline) const {
    const auto found = known.graphs.find(placement);
    if (found != known.graphs.end()) return Lease(found->second, placement);
    auto graph = loader_->Load(known.model, placement, deadline);
    if (!graph) return std::unexpected(graph.error());
    return Lease(known.graphs.emplace(placement, *std::move(graph)).first->second, placement);
  }

  const std::shared_ptr<const ModelLoader> loader_;
  mutable std::mutex mutex_;
  std::map<ModelKey, Known> models_;  // Guarded by mutex_.
};

class CustomRegistryTest : public test::HostFixture {
 protected:
  CustomRegistryTest() {
    HostOptions options{.isolation = Isolation::kTenant};
    options.make_registry = [](std::shared_ptr<const ModelLoader> loader) {
      return std::make_shared<RuleRegistry>(std::move(loader));
    };
    Make(std::move(options));
  }
};

TEST_F(CustomRegistryTest, ResolvesNamesByItsOwnRules) {
  const auto view = host_->NewView();
  EXPECT_THAT(view->LoadByName("u9/4"), Fails(ErrorCode::kNotFound, "no rule gives \"u9/4\""));
  const auto graph = view->LoadByName("u8/4");
  ASSERT_THAT(graph, IsOk());
  const auto context = view->InitExecutionContext(*graph);
  ASSERT_THAT(SetBytes(*view, *context, 4), IsOk());
  ASSERT_THAT(view->Compute(*context), IsOk());
  EXPECT_EQ(view->GetOutput(*context, 0)->data.size(), 4U);
  EXPECT_THAT(view->ListNamed(), ElementsAre("u8/4"));
  EXPECT_EQ(host_->Models().at(0).state, ModelState::kReady);
}

TEST_F(CustomRegistryTest, PoliciesHoldAboveIt) {
  const auto view = NewView(AddTenant(
      {.name = "a", .policy = {.host_models = HostModels::kGranted, .grants = {{"u8/2", "two"}}}}));
  EXPECT_THAT(view->LoadByName("u8/2"), Fails(ErrorCode::kNotFound, "no rule gives \"u8/2\""));
  EXPECT_THAT(view->LoadByName("two"), IsOk());
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(CustomRegistryTest, ItSeesWhoAsksAndMayKeepAGraphForEach) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  const auto a = AddTenant({.name = "a", .policy = {.guest_options = {"threads"}}});
  const auto b = AddTenant({.name = "b"});
  const auto loads = [&] {
    return std::vector{counters_.loads_for.Of(Placement::Host(Isolation::kTenant)),
                       counters_.loads_for.Of(a->placement()),
                       counters_.loads_for.Of(b->placement())};
  };
  const auto view = NewView(a);
  ASSERT_THAT(view->LoadByName("m"), IsOk());
  EXPECT_THAT(loads(), ElementsAre(0, 1, 0));
  ASSERT_THAT(NewView(a)->LoadByName("m"), IsOk());
  EXPECT_THAT(loads(), ElementsAre(0, 1, 0));
  ASSERT_THAT(NewView(b)->LoadByName("m"), IsOk());
  EXPECT_THAT(loads(), ElementsAre(0, 1, 1));
  ASSERT_THAT(host_->Acquire("m", Deadline::Never()), IsOk());
  EXPECT_THAT(loads(), ElementsAre(1, 1, 1));
  ASSERT_THAT(view->LoadByNameWithConfig("m", R"({"threads": 2})"), IsOk());
  EXPECT_THAT(loads(), ElementsAre(1, 2, 1));
  ASSERT_THAT(Load(*view, "io u8 2"), IsOk());
  EXPECT_THAT(loads(), ElementsAre(1, 3, 1));
  ASSERT_THAT(host_->Register("theirs", fake::NewModel("io u8 3"), LoadMode::kEager, *b), IsOk());
  ASSERT_THAT(host_->Prefetch("theirs", *b), IsOk());
  EXPECT_THAT(loads(), ElementsAre(1, 3, 2));
  ASSERT_THAT(
      host_->Replace("theirs", fake::NewModel("io u8 4"), LoadMode::kEager, *b, Deadline::Never()),
      IsOk());
  EXPECT_THAT(loads(), ElementsAre(1, 3, 3));
  ASSERT_THAT(host_->Acquire("theirs", Deadline::Never(), *b), IsOk());
  EXPECT_THAT(loads(), ElementsAre(1, 3, 3));
}

TEST_F(CustomRegistryTest, GuestsRegisterAndTakeAway) {
  ASSERT_THAT(host_->Register("operators", fake::NewModel("io u8 1")), IsOk());
  const auto tenant = AddTenant(
      {.name = "a",
       .policy = {.guest_register = GuestRegister::kTenant, .guest_options = {"threads"}}});
  const auto view = NewView(tenant);
  ASSERT_THAT(LoadNamed(*view, "io u8 2", "mine"), IsOk());
  EXPECT_THAT(LoadNamed(*view, "io u8 2", "mine"),
              Fails(ErrorCode::kInvalidArgument, "the name is taken"));
  EXPECT_THAT(view->ListNamed(), ElementsAre("mine", "operators"));
  EXPECT_THAT(NewView(tenant)->LoadByName("mine"), IsOk());
  EXPECT_THAT(view->LoadByNameWithConfig("mine", R"({"threads": 2})"), IsOk());
  EXPECT_THAT(view->UnregisterNamed("mine"), IsOk());
  EXPECT_THAT(view->UnregisterNamed("mine"), Fails(ErrorCode::kNotFound, testing::_));
  ASSERT_THAT(host_->Register("theirs", fake::NewModel("io u8 1"), LoadMode::kLazy, *tenant),
              IsOk());
  EXPECT_THAT(view->UnregisterNamed("theirs"), Fails(ErrorCode::kSecurity, "not yours"));
}

TEST_F(CustomRegistryTest, WhatAnInstanceRegisteredGoesWithIt) {
  const auto tenant =
      AddTenant({.name = "a", .policy = {.guest_register = GuestRegister::kInstance}});
  auto view = NewView(tenant);
  const auto graph = LoadNamed(*view, "io u8 2", "mine");
  ASSERT_THAT(graph, IsOk());
  ASSERT_THAT(view->LoadByName("mine"), IsOk());
  EXPECT_EQ(counters_.graphs, 2);
  view.reset();
  EXPECT_EQ(counters_.graphs, 0);
}

TEST_F(CustomRegistryTest, TheHostReplacesAndUnregisters) {
  ASSERT_THAT(host_->Register("m", fake::NewModel("io u8 1")), IsOk());
  const auto view = host_->NewView();
  const auto old = view->LoadByName("m");
  ASSERT_THAT(host_->Replace("m", fake::NewModel("io u8 2"), LoadMode::kEager, Owner::Host(),
                             Deadline::Never()),
              IsOk());
  EXPECT_THAT(view->Describe(*old).value(), testing::HasSubstr("\"shape\":[1]"));
  EXPECT_THAT(view->Describe(view->LoadByName("m").value()).value(),
              testing::HasSubstr("\"shape\":[2]"));
  EXPECT_THAT(host_->Acquire("m", Deadline::Never()), IsOk());
  // A registry need not report its loads.
  EXPECT_TRUE(host_->AwaitLoads(Deadline::After({})));
  ASSERT_THAT(host_->Unregister("m"), IsOk());
  EXPECT_THAT(view->LoadByName("m"), Fails(ErrorCode::kNotFound, "no rule gives \"m\""));
}

// All but a lookup is left to the defaults.
class LookupRegistry : public Registry {
 public:
  explicit LookupRegistry(std::shared_ptr<const ModelLoader> loader) : loader_(std::move(loader)) {}

  Result<Lease> Acquire(std::span<const ModelKey* const> keys, const Placement& placement,
                        Deadline deadline) override {
    auto graph = loader_->Load(fake::NewModel("io u8 1"), placement, deadline);
    if (!graph) return std::unexpected(graph.error());
    acquired_ = *keys.back();
    return Lease(*std::move(graph), placement);
  }

  std::vector<ModelStatus> List(const Scope& scope, const Placement& /*placement*/) const override {
    if (!acquired_ || acquired_->scope != scope) return {};
    return {{.key = *acquired_,
             .encoding = Encoding::kOnnx,
             .target = Target::kCpu,
             .load = LoadMode::kEager,
             .origin = Origin::kOperator,
             .state = ModelState::kReady,
             .model_bytes = 7,
             .load_time = {},
             .failure = {}}};
  }

 private:
  const std::shared_ptr<const ModelLoader> loader_;
  std::optional<ModelKey> acquired_;
};

class LookupRegistryTest : public test::HostFixture {
 protected:
  LookupRegistryTest() {
    HostOptions options{.isolation = Isolation::kProcess};
    options.make_registry = [this](std::shared_ptr<const ModelLoader> loader) {
      return registry_ = std::make_shared<LookupRegistry>(std::move(loader));
    };
    Make(std::move(options));
  }

  std::shared_ptr<LookupRegistry> registry_;
};

TEST_F(LookupRegistryTest, RefusesWhatIsNoLookup) {
  const auto refuses = [](std::string_view what) {
    return Fails(ErrorCode::kUnsupported, "this host's registry can't " + std::string(what));
  };
  EXPECT_THAT(host_->Register("m", fake::NewModel("io u8 1")), refuses("register models"));
  EXPECT_THAT(host_->Replace("m", fake::NewModel("io u8 1"), LoadMode::kEager, Owner::Host(),
                             Deadline::Never()),
              refuses("replace models"));
  EXPECT_THAT(host_->Unregister("m"), refuses("unregister models"));
  const auto view = NewView(AddTenant(
      {.name = "a",
       .policy = {.guest_register = GuestRegister::kInstance, .guest_options = {"threads"}}}));
  EXPECT_THAT(Load(*view, "io u8 1"), refuses("load models that guests supply"));
  EXPECT_THAT(LoadNamed(*view, "io u8 1", "mine"), refuses("load models that guests supply"));
  EXPECT_THAT(view->UnregisterNamed("mine"), refuses("unregister models"));
  EXPECT_THAT(view->LoadByNameWithConfig("m", R"({"threads": 2})"),
              Fails(ErrorCode::kUnsupported, "the model \"m\" can't be loaded"));
  EXPECT_EQ(counters_.loads, 0);
  EXPECT_EQ(host_->default_tenant().account().used(Resource::kModelBytes), 0U);
}

TEST_F(LookupRegistryTest, LoadsNothingInAdvance) {
  ASSERT_THAT(host_->NewView()->LoadByName("m"), IsOk());
  host_->PrefetchAll();
  ASSERT_THAT(host_->Prefetch("m"), IsOk());
  EXPECT_TRUE(host_->AwaitLoads(Deadline::After({})));
  EXPECT_EQ(counters_.loads, 1);
}

TEST_F(LookupRegistryTest, FindsAStatusInTheList) {
  ASSERT_THAT(host_->NewView()->LoadByName("m"), IsOk());
  const auto status =
      registry_->Status({Scope::Host(), ModelName::Parse("m").value()}, Placement::Host());
  ASSERT_TRUE(status);
  EXPECT_EQ(status->model_bytes, 7U);
  EXPECT_FALSE(
      registry_->Status({Scope::Host(), ModelName::Parse("n").value()}, Placement::Host()));
  EXPECT_EQ(registry_->Registry::List(Scope::Host(), Placement::Host()).size(), 0U);
}

}  // namespace
}  // namespace namesake
