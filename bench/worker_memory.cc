// Prints the memory that workers take: one that is nobody's yet, and each further tenant's with
// EfficientNet-Lite0 in it after one inference.
#include <fmt/format.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "namesake/backend.h"
#include "namesake/compiled_cache.h"
#include "namesake/worker.h"
#include "paired.h"
#include "process_memory.h"

namespace namesake::bench {
namespace {

namespace fs = std::filesystem;

void Print(std::string_view what, const Memory& now, const Memory& before) {
  fmt::print("{:<44} {:>7.1f} MiB private {:>7.1f} MiB proportional\n", what,
             now.private_mib - before.private_mib, now.proportional_mib - before.proportional_mib);
}

void Measure() {
  fs::path folder = fs::temp_directory_path() / "namesake-worker-memory-XXXXXX";
  std::string name = folder.string();
  if (::mkdtemp(name.data()) == nullptr) return;
  folder = name;
  const auto known = std::move(InstalledBackends().front());
  const fs::path programs = NAMESAKE_BINARY_DIR "/libexec/namesake";
  // A path of its own tells its processes from others.
  const fs::path program = folder / "backend";
  fs::create_symlink(programs / fmt::format("namesake-backend-{}", known->name()), program);
  const auto backend =
      NewWorkerBackend({.name = std::string(known->name()),
                        .encodings = {known->encodings().begin(), known->encodings().end()},
                        .path = program,
                        .workers = {.spare = false}});
  const std::shared_ptr<CompiledCache> cache = Must(CompiledCache::Open(folder / "cache"));
  const Model model = {
      .encoding = Encoding::kOnnx,
      .source = ModelFiles{{NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx"}}};
  fmt::print("{}, EfficientNet-Lite0 as ONNX\n", known->name());
  backend->StartAhead();
  std::this_thread::sleep_for(std::chrono::seconds(1));
  Memory before = MemoryOf(program);
  Print("a spare worker", before, {});
  std::vector<std::unique_ptr<ExecutionContext>> contexts;
  const std::vector<std::uint64_t> dims = {1, 3, 224, 224};
  const std::vector<std::byte> input(Must(ByteSize(ElementType::kF32, dims)));
  for (std::uint64_t tenant = 1; tenant <= 5; ++tenant) {
    const auto placement = Placement::Tenant(tenant, Isolation::kTenant);
    const auto graph =
        Must(backend->Load(model, {.cache = cache, .placement = placement}, Deadline::Never()));
    contexts.push_back(Must(graph->NewContext(placement)));
    Must(contexts.back()->SetInput(0, {.type = ElementType::kF32, .dims = dims, .data = input}));
    Must(contexts.back()->Compute(Deadline::Never()));
    const Memory now = MemoryOf(program);
    // The first tenant has the spare.
    Print(fmt::format("tenant {}, with the model after one inference", tenant), now,
          tenant == 1 ? Memory{} : before);
    before = now;
  }
  contexts.clear();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace namesake::bench

int main() { namesake::bench::Measure(); }
