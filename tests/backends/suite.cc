#include "backends/suite.h"

#include <map>
#include <utility>

#include "support/gate.h"
#include "worker/processes.h"

namespace namesake::backends {

Backend& BackendOf(std::size_t subject) {
  static auto& backends = *new std::map<std::size_t, std::unique_ptr<Backend>>;
  auto& backend = backends[subject];
  if (backend == nullptr) backend = Subjects()[subject].make();
  return *backend;
}

OwnBackend::OwnBackend(const Subject& subject, std::chrono::nanoseconds grace) {
  if (!subject.program) {
    backend_ = subject.make();
    return;
  }
  BackendProgram own = *subject.program;
  std::filesystem::create_symlink(own.path, program());
  own.path = program();
  own.workers.spare = false;
  own.grace = grace;
  backend_ = NewWorkerBackend(std::move(own));
}

pid_t OwnBackend::Worker() const { return worker::AwaitWorker(program()); }

std::vector<std::size_t> RealOnnxSubjects() {
  std::vector<std::size_t> subjects;
  for (std::size_t i = 0; i < Subjects().size(); ++i) {
    if (Subjects()[i].name != "fake" && Subjects()[i].encoding == Encoding::kOnnx) {
      subjects.push_back(i);
    }
  }
  return subjects;
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
