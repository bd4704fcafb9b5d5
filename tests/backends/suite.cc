#include "backends/suite.h"

#include <map>

namespace namesake::backends {

Backend& BackendOf(std::size_t subject) {
  static auto& backends = *new std::map<std::size_t, std::unique_ptr<Backend>>;
  auto& backend = backends[subject];
  if (backend == nullptr) backend = Subjects()[subject].make();
  return *backend;
}

std::shared_ptr<const Graph> Suite::MustLoad(const Model& model) const {
  auto graph = Load(model);
  EXPECT_THAT(graph, IsOk());
  return graph.value_or(nullptr);
}

std::shared_ptr<const Graph> Suite::LoadFor(Purpose purpose) const {
  const auto model = ModelFor(subject(), purpose);
  return model ? MustLoad(*model) : nullptr;
}

std::unique_ptr<ExecutionContext> Suite::NewContext(const Graph& graph) {
  auto context = graph.NewContext(Placement::Host());
  EXPECT_THAT(context, IsOk());
  return context ? *std::move(context) : nullptr;
}

}  // namespace namesake::backends
