// A guest that uses the wasi-nn wrapper as its arguments say:
//
//   wrapper requests N     loads, asks and closes "reshape" N times; prints the last answer
//   wrapper close          closes a graph and a context, and goes on with the others
//   wrapper move           keeps one graph and one context, each in one variable
//   wrapper handle         handles each kind of error
//   wrapper drop           drops a failed result without looking at it
//   wrapper die CALL       makes this call fail, and asks for its value
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "common/wasi_nn.h"

namespace {

using wasi_nn::ExecutionContext;
using wasi_nn::Graph;

const std::vector<std::int32_t> kValues = {1, 2, 3, 4, 5, 6};

std::vector<std::int32_t> Ask(ExecutionContext& context) {
  context.SetInput(0, {2, 1, 3}, kValues).OrDie();
  context.Compute().OrDie();
  return context.GetOutput<std::int32_t>(0).OrDie();
}

void Print(std::span<const std::int32_t> values) {
  for (const std::int32_t value : values) std::printf("%ld ", static_cast<long>(value));
  std::printf("\n");
}

void Requests(int count) {
  std::vector<std::int32_t> values;
  for (int i = 0; i < count; ++i) {
    ExecutionContext context =
        wasi_nn::LoadByName("reshape").OrDie().InitExecutionContext().OrDie();
    values = Ask(context);
  }
  Print(values);
}

void CloseEach() {
  Graph graph = wasi_nn::LoadByName("reshape").OrDie();
  ExecutionContext context = graph.InitExecutionContext().OrDie();
  graph.Close();
  std::printf("a context of a closed graph: %s\n",
              Name(context.SetInput(0, {2, 1, 3}, kValues).error()));
  std::printf("a closed graph: %s\n", Name(graph.InitExecutionContext().error()));
  context.Close();
  std::printf("a closed context: %s, ", Name(context.SetInput(0, {2, 1, 3}, kValues).error()));
  std::printf("%s, %s, ", Name(context.Compute().error()),
              Name(context.GetOutput<float>(0).error()));
  std::array<float, 1> buffer = {};
  std::printf("%s\n", Name(context.GetOutput(0, buffer).error()));
  graph.Close();
  context.Close();
}

void MoveEach() {
  Graph graph;
  ExecutionContext context;
  for (int i = 0; i < 3; ++i) {
    // The new graph exists before the old one is closed.
    graph = wasi_nn::LoadByName("reshape").OrDie();
    context = graph.InitExecutionContext().OrDie();
  }
  ExecutionContext& same = context;
  context = std::move(same);
  const ExecutionContext taken = std::move(context);
  std::printf("moved from: %d, taken: %d\n", context.number().has_value(),
              taken.number().has_value());
  const auto released = graph.Release();
  const Graph adopted(*released);
  context = adopted.InitExecutionContext().OrDie();
  Print(Ask(context));
}

void Handle() {
  auto absent = wasi_nn::LoadByName("absent");
  std::printf("%d %s\n", absent.ok(), Name(absent.error()));
  auto found = wasi_nn::LoadByName("reshape");
  std::printf("%d %s\n", found.ok(), Name(found.error()));
  ExecutionContext context = std::move(found).OrDie().InitExecutionContext().OrDie();
  Ask(context);
  std::array<std::int32_t, 7> room = {};
  const std::size_t length = context.GetOutput(0, room).OrDie().size();
  auto little = context.GetOutput(0, std::span(room).first(5));
  std::printf("%zu %s\n", length, Name(little.error()));
}

void Die(std::string_view call) {
  if (call == "load_by_name") wasi_nn::LoadByName("absent").OrDie();
  if (call == "load") wasi_nn::Load({}, wasi_nn::Encoding::kOnnx, wasi_nn::Target::kCpu).OrDie();
  if (call == "init_execution_context") Graph(77).InitExecutionContext().OrDie();
  ExecutionContext context = wasi_nn::LoadByName("reshape").OrDie().InitExecutionContext().OrDie();
  if (call == "set_input") context.SetInput(1, {2, 1, 3}, kValues).OrDie();
  if (call == "compute") context.Compute().OrDie();
  Ask(context);
  if (call == "get_output") context.GetOutput<std::int32_t>(1).OrDie();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string_view what = argv[1];
  const char* const argument = argc > 2 ? argv[2] : "";
  if (what == "requests") Requests(std::atoi(argument));
  if (what == "close") CloseEach();
  if (what == "move") MoveEach();
  if (what == "handle") Handle();
  if (what == "drop") static_cast<void>(wasi_nn::LoadByName("absent"));
  if (what == "die") Die(argument);
  std::printf("done\n");
}
