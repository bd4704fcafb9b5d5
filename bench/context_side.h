// A context of a backend, in this process or in a worker, and the loop that a guest makes with it.
#ifndef NAMESAKE_BENCH_CONTEXT_SIDE_H_
#define NAMESAKE_BENCH_CONTEXT_SIDE_H_

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/backend.h"
#include "namesake/worker.h"
#include "paired.h"

namespace namesake::bench {

// A graph for several contexts.
class SharedContexts {
 public:
  SharedContexts(std::unique_ptr<Backend> backend, const Model& model,
                 const Placement& placement = Placement::Host())
      : backend_(std::move(backend)),
        placement_(placement),
        graph_(Must(backend_->Load(model, {.placement = placement}, Deadline::Never()))) {}

  std::unique_ptr<ExecutionContext> NewContext() { return Must(graph_->NewContext(placement_)); }

 private:
  std::unique_ptr<Backend> backend_;
  Placement placement_;
  std::shared_ptr<const Graph> graph_;
};

// One context, and the loop that a guest makes: copy in, compute, look at the output.
class ContextSide {
 public:
  // The graph outlives it.
  ContextSide(SharedContexts& graph, std::vector<std::uint64_t> dims,
              ElementType type = ElementType::kF32)
      : context_(graph.NewContext()),
        type_(type),
        dims_(std::move(dims)),
        input_(Must(ByteSize(type_, dims_))) {}
  ContextSide(std::unique_ptr<Backend> backend, const Model& model, std::vector<std::uint64_t> dims,
              ElementType type = ElementType::kF32)
      : own_(std::make_unique<SharedContexts>(std::move(backend), model)),
        context_(own_->NewContext()),
        type_(type),
        dims_(std::move(dims)),
        input_(Must(ByteSize(type_, dims_))) {}

  void Infer() {
    Must(context_->SetInput(0, {.type = type_, .dims = dims_, .data = input_}));
    Must(context_->Compute(Deadline::Never()));
    benchmark::DoNotOptimize(Must(context_->Output(0)).data.data());
  }

 private:
  std::unique_ptr<SharedContexts> own_;
  std::unique_ptr<ExecutionContext> context_;
  ElementType type_;
  std::vector<std::uint64_t> dims_;
  std::vector<std::byte> input_;
};

// The backend of this build with that name, in workers.
inline std::unique_ptr<Backend> BackendInWorkers(std::string_view name) {
  for (auto& backend : InstalledBackends(NAMESAKE_BINARY_DIR "/libexec/namesake")) {
    if (backend->name() == name) return std::move(backend);
  }
  std::abort();
}

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_CONTEXT_SIDE_H_
