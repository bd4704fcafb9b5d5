// A registry over the fake backend, with one account and a clock that the test moves.
#ifndef NAMESAKE_TESTS_REGISTRY_REGISTRY_FIXTURE_H_
#define NAMESAKE_TESTS_REGISTRY_REGISTRY_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "backend_fake/fake_backend.h"
#include "registry/default_registry.h"
#include "support/matchers.h"

namespace namesake::test {

inline ModelKey Key(std::string_view name, Scope scope = Scope::Host()) {
  return {scope, ModelName::Parse(name).value()};
}

// Loads with the fake backend, or as a test specifies.
class TestLoader : public ModelLoader {
 public:
  using LoadModel = std::function<Result<std::shared_ptr<const Graph>>(const Model&)>;

  explicit TestLoader(fake::Counters& counters) : backend_({Encoding::kOnnx}, counters) {}

  Result<std::uint64_t> Measure(const Model& model) const override {
    ++measured_;
    return backend_.Measure(model);
  }
  Result<std::shared_ptr<const Graph>> Load(const Model& model, const Placement& placement,
                                            Deadline deadline,
                                            std::stop_token /*stop*/ = {}) const override {
    if (refused_ == placement) {
      return std::unexpected(Error(ErrorCode::kRuntimeError, "refused in this placement"));
    }
    return load_ ? load_(model) : backend_.Load(model, {.placement = placement}, deadline);
  }

  std::shared_ptr<const Graph> FindLoaded(const Model& model,
                                          const Placement& placement) const override {
    return backend_.FindLoaded(model, placement);
  }

  // How often a model was measured, with which each load begins.
  int measured() const { return measured_; }

  void LoadBy(LoadModel load) { load_ = std::move(load); }
  // Lets all later loads in that placement fail. Not while any load is in progress.
  void RefuseIn(std::optional<Placement> placement) { refused_ = placement; }

 private:
  mutable fake::Backend backend_;
  mutable std::atomic<int> measured_ = 0;
  LoadModel load_;
  std::optional<Placement> refused_;
};

class RegistryFixture : public testing::Test {
 protected:
  // The registry waits for its loads.
  ~RegistryFixture() override { counters_.loading.Open(); }

  void Make(std::optional<std::uint64_t> max_models = std::nullopt,
            std::optional<std::uint64_t> max_bytes = std::nullopt) {
    AccountLimits limits;
    limits.total(Resource::kModels) = max_models;
    limits.total(Resource::kModelBytes) = max_bytes;
    account_ = Account::Make("the test", limits);
    registry_ = registry::NewDefaultRegistry(
        {.loader = loader_, .failed_load_ttl = std::chrono::seconds(5), .now = [this] {
           return Deadline::Clock::time_point(std::chrono::seconds(now_.load()));
         }});
  }

  Registration Of(Model model, LoadMode load = LoadMode::kEager) const {
    return {.model = std::move(model),
            .load = load,
            .account = account_,
            .placement = Placement::Host()};
  }
  Result<void> Register(const ModelKey& key, Model model, LoadMode load = LoadMode::kEager) {
    return registry_->Register(key, Of(std::move(model), load));
  }
  Result<Lease> LoadUnnamed(Model model, Deadline deadline = Deadline::Never()) {
    return registry_->Load(Of(std::move(model)), nullptr, deadline);
  }
  ModelState StateOf(std::string_view name) {
    return registry_->Status(Key(name), Placement::Host())->state;
  }

  fake::Counters counters_;
  const std::shared_ptr<TestLoader> loader_ = std::make_shared<TestLoader>(counters_);
  std::atomic<int> now_ = 1000;  // In seconds; set by tests.
  std::shared_ptr<Account> account_;
  std::shared_ptr<Registry> registry_;
};

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_REGISTRY_REGISTRY_FIXTURE_H_
