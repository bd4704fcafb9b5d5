// What names cost: lookups among 100,000 names of 1,000 tenants, the memory of a name whose model
// is not loaded, and a thousand threads that ask for one name. Results are in docs/performance.md.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <latch>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backend_fake/fake_backend.h"
#include "namesake/host.h"
#include "paired.h"

namespace namesake {
namespace {

using bench::Must;

constexpr std::size_t kTenants = 1000;
constexpr std::size_t kNamesPerTenant = 100;

fake::Counters& Counters() {
  static fake::Counters counters;
  return counters;
}

std::unique_ptr<Host> NewHost() {
  HostOptions options{.isolation = Isolation::kProcess};
  options.backends.push_back(
      std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, Counters()));
  return Must(Host::Create(std::move(options)));
}

std::string NameOf(std::size_t i) { return fmt::format("classifier-{}", i); }

// A model by path, as an operator registers it.
Model FileModel(std::size_t tenant, std::size_t i) {
  return {.encoding = Encoding::kOnnx,
          .source = ModelFiles{{fmt::format("/srv/models/tenant-{}/{}.onnx", tenant, i)}}};
}

// 1,000 tenants with 100 names each, all of them loaded.
class Names {
 public:
  Names() : host_(NewHost()) {
    for (std::size_t t = 0; t < kTenants; ++t) {
      tenants_.push_back(Must(host_->AddTenant(
          {.name = fmt::format("tenant {}", t), .policy = {.host_models = HostModels::kGranted}})));
      for (std::size_t i = 0; i < kNamesPerTenant; ++i) {
        Must(
            host_->Register(NameOf(i), fake::NewModel("io f32 1"), LoadMode::kEager, *tenants_[t]));
        Must(host_->Acquire(NameOf(i), Deadline::Never(), *tenants_[t]));
      }
    }
  }

  std::vector<std::unique_ptr<View>> NewViews() const {
    std::vector<std::unique_ptr<View>> views;
    for (const auto& tenant : tenants_) views.push_back(host_->NewView({.tenant = *tenant}));
    return views;
  }

  static const Names& Get() {
    static const Names names;
    return names;
  }

 private:
  std::unique_ptr<Host> host_;
  std::vector<std::shared_ptr<const Tenant>> tenants_;
};

void LookUpAndClose(View& view, std::string_view name) {
  const auto graph = view.LoadByName(name);
  if (!graph) std::abort();
  benchmark::DoNotOptimize(*graph);
  if (!view.Unload(*graph)) std::abort();
}

// Looks up a ready graph by name and closes the handle again, with random names of `tenants`
// tenants. One tenant is like a guest that runs for a while; a thousand are as if each call came
// from another guest and found nothing in the processor's cache.
void LookUpAmong100000(benchmark::State& state, std::size_t tenants) {
  const auto views = Names::Get().NewViews();
  const auto thread = static_cast<std::size_t>(state.thread_index());
  std::minstd_rand random(static_cast<unsigned>(thread + 1));
  std::vector<std::pair<View*, std::string>> calls;
  for (int i = 0; i < 65536; ++i) {
    const std::size_t tenant = (thread * tenants + random() % tenants) % kTenants;
    calls.emplace_back(views[tenant].get(), NameOf(random() % kNamesPerTenant));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const auto& [view, name] = calls[next++ % calls.size()];
    LookUpAndClose(*view, name);
  }
}
BENCHMARK_CAPTURE(LookUpAmong100000, of_one_tenant, 1)
    ->ThreadRange(1, 2)
    ->UseRealTime()
    ->Repetitions(9);
BENCHMARK_CAPTURE(LookUpAmong100000, of_1000_tenants, 1000)
    ->ThreadRange(1, 2)
    ->UseRealTime()
    ->Repetitions(9);

// Many guests of one tenant that all ask for the same name.
void LookUpOneName(benchmark::State& state) {
  const auto views = Names::Get().NewViews();
  const std::string name = NameOf(7);
  for (auto _ : state) LookUpAndClose(*views.front(), name);
}
BENCHMARK(LookUpOneName)->ThreadRange(1, 2)->UseRealTime()->Repetitions(9);

// A host model that is visible because all are, or because of a grant: what a policy costs.
void LookUpHostModel(benchmark::State& state, HostModels host_models) {
  const auto host = NewHost();
  Must(host->Register("efficientnet", fake::NewModel("io f32 1")));
  Must(host->Acquire("efficientnet", Deadline::Never()));
  Policy policy{.host_models = host_models};
  if (host_models == HostModels::kGranted) {
    for (std::size_t i = 0; i < 100; ++i) policy.grants.push_back({.model = NameOf(i)});
    policy.grants.push_back({.model = "efficientnet"});
  }
  const auto tenant = Must(host->AddTenant({.name = "acme", .policy = std::move(policy)}));
  const auto view = host->NewView({.tenant = *tenant});
  for (auto _ : state) LookUpAndClose(*view, "efficientnet");
}
BENCHMARK_CAPTURE(LookUpHostModel, all_models, HostModels::kAll)->Repetitions(9);
BENCHMARK_CAPTURE(LookUpHostModel, granted, HostModels::kGranted)->Repetitions(9);

// Registers names without loading their models.
void RegisterNames(benchmark::State& state) {
  for (auto _ : state) {
    const auto host = NewHost();
    std::vector<std::shared_ptr<const Tenant>> tenants;
    for (std::size_t t = 0; t < kTenants; ++t) {
      tenants.push_back(Must(host->AddTenant({.name = fmt::format("tenant {}", t)})));
    }
    const std::size_t before = ::mallinfo2().uordblks;
    for (std::size_t t = 0; t < kTenants; ++t) {
      for (std::size_t i = 0; i < kNamesPerTenant; ++i) {
        Must(host->Register(NameOf(i), FileModel(t, i), LoadMode::kLazy, *tenants[t]));
      }
    }
    state.counters["bytes_per_name"] =
        static_cast<double>(::mallinfo2().uordblks - before) / (kTenants * kNamesPerTenant);
  }
}
BENCHMARK(RegisterNames)->Iterations(1)->Unit(benchmark::kMillisecond);

// A thousand threads ask at once for a name whose model takes 50 ms to load.
void AThousandThreadsOneLoad(benchmark::State& state) {
  for (auto _ : state) {
    const auto host = NewHost();
    Must(host->Register("slow", fake::NewModel("io f32 1\nload_ms 50")));
    const int before = Counters().loads;
    std::latch start(1000);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 1000; ++i) {
        threads.emplace_back([&] {
          start.arrive_and_wait();
          Must(host->Acquire("slow", Deadline::Never()));
        });
      }
    }
    state.counters["loads"] = Counters().loads - before;
  }
}
BENCHMARK(AThousandThreadsOneLoad)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace namesake

BENCHMARK_MAIN();
