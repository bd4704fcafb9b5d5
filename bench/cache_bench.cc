// The cost of the compiled cache's limit: a store among entries of other models, within the limit
// and at it, and a hit. Results are in docs/performance.md.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "namesake/compiled_cache.h"
#include "paired.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using bench::Must;

// An entry has a page of header besides.
constexpr std::size_t kPayloadBytes = 4096;
constexpr std::uint64_t kEntryBytes = 2 * kPayloadBytes;

CacheKey Key(std::size_t i) {
  CacheKey::Builder key;
  key.Add(fmt::format("model {}", i));
  return key.Finish();
}

// A cache with so many entries in it, removed with this object.
class FullCache {
 public:
  FullCache(std::size_t entries, std::optional<std::uint64_t> max_bytes)
      : cache_(Must(CompiledCache::Open(folder_, {.max_bytes = max_bytes}))) {
    while (next_ < entries) Store();
  }
  FullCache(const FullCache&) = delete;
  FullCache& operator=(const FullCache&) = delete;
  ~FullCache() { fs::remove_all(folder_); }

  // Stores one more entry.
  void Store() {
    const FormOrigin origin = {.backend = "bench", .version = "1"};
    Must(cache_->Store(Key(next_++), origin, [&](std::ostream& out) { out << payload_; }));
  }
  const CompiledCache& cache() const { return *cache_; }

 private:
  const fs::path folder_ =
      fs::temp_directory_path() / fmt::format("namesake-bench-{}", std::rand());
  const std::string payload_ = std::string(kPayloadBytes, 'x');
  const std::unique_ptr<CompiledCache> cache_;
  std::size_t next_ = 0;
};

void StoreWithinTheLimit(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    {
      // Each has the same number beside it.
      FullCache cache(entries, std::uint64_t{1} << 40);
      state.ResumeTiming();
      cache.Store();
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
}
BENCHMARK(StoreWithinTheLimit)->Arg(1)->Arg(1000)->Iterations(20)->Unit(benchmark::kMicrosecond);

void StoreAtTheLimit(benchmark::State& state) {
  const auto entries = static_cast<std::size_t>(state.range(0));
  FullCache cache(entries, entries * kEntryBytes);
  for (auto _ : state) cache.Store();
}
BENCHMARK(StoreAtTheLimit)->Arg(1)->Arg(1000)->Unit(benchmark::kMicrosecond);

void Hit(benchmark::State& state) {
  const FullCache cache(1000, std::nullopt);
  const CacheKey key = Key(500);
  for (auto _ : state) benchmark::DoNotOptimize(cache.cache().FindFile(key));
}
BENCHMARK(Hit)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace namesake

BENCHMARK_MAIN();
