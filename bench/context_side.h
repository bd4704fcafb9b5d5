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
#include "networks.h"
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
  ContextSide(SharedContexts& graph, const Network& network) : context_(graph.NewContext()) {
    for (const Input& input : network.inputs) {
      inputs_.push_back({input, std::vector<std::byte>(Must(ByteSize(input.type, input.dims)))});
    }
  }
  ContextSide(std::unique_ptr<Backend> backend, const Network& network)
      : ContextSide(std::make_unique<SharedContexts>(std::move(backend), network.model()),
                    network) {}

  void Infer() {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const auto& [input, bytes] = inputs_[i];
      Must(context_->SetInput(i, {.type = input.type, .dims = input.dims, .data = bytes}));
    }
    Must(context_->Compute(Deadline::Never()));
    benchmark::DoNotOptimize(Must(context_->Output(0)).data.data());
  }

 private:
  struct Source {
    Input input;
    std::vector<std::byte> bytes;
  };

  ContextSide(std::unique_ptr<SharedContexts> own, const Network& network)
      : ContextSide(*own, network) {
    own_ = std::move(own);
  }

  std::unique_ptr<SharedContexts> own_;
  std::unique_ptr<ExecutionContext> context_;
  std::vector<Source> inputs_;
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
