#include "abi/counted_graph.h"

#include <utility>

#include "base/fail.h"

namespace namesake::test {
namespace {

class CountedContext : public ExecutionContext {
 public:
  CountedContext(std::shared_ptr<const Graph> graph, std::unique_ptr<ExecutionContext> inner,
                 fake::Counters& counters)
      : ExecutionContext(std::move(graph)), inner_(std::move(inner)), counters_(counters) {
    ++counters_.contexts;
  }
  ~CountedContext() override { --counters_.contexts; }

 private:
  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override {
    return inner_->SetInput(index, tensor);
  }
  Result<void> BindInput(std::size_t index, const SharedTensor& tensor) override {
    return inner_->ShareInput(index, tensor);
  }
  Result<void> Run(Deadline deadline) override {
    ++counters_.computes;
    inner_->set_model_name(model_name());
    return inner_->Compute(deadline);
  }
  Result<TensorView> ReadOutput(std::size_t index) override { return inner_->Output(index); }
  Result<SharedTensor> KeepOutput(std::size_t index) override { return inner_->ShareOutput(index); }
  void TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                        std::size_t size) override {
    static_cast<void>(inner_->PlaceOutput(index, std::move(memory), size));
  }

  const std::unique_ptr<ExecutionContext> inner_;
  fake::Counters& counters_;
};

class CountedGraph : public Graph {
 public:
  CountedGraph(std::shared_ptr<const Graph> inner, fake::Counters& counters)
      : Graph(inner->inputs(), inner->outputs(), inner->model_bytes(), inner->encoding(),
              {.context_bytes = inner->context_bytes(),
               .notes = inner->notes(),
               .keeps_state = inner->keeps_state()}),
        inner_(std::move(inner)),
        counters_(counters) {
    ++counters_.graphs;
  }
  ~CountedGraph() override { --counters_.graphs; }

  Result<std::unique_ptr<ExecutionContext>> NewContext(const Placement& placement) const override {
    auto context = inner_->NewContext(placement);
    if (!context) return context;
    return std::make_unique<CountedContext>(shared_from_this(), *std::move(context), counters_);
  }

 private:
  const std::shared_ptr<const Graph> inner_;
  fake::Counters& counters_;
};

}  // namespace

std::shared_ptr<const Graph> Counted(std::shared_ptr<const Graph> graph, fake::Counters& counters) {
  return std::make_shared<CountedGraph>(std::move(graph), counters);
}

}  // namespace namesake::test
