// Asks the model "photo" about a grey image.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "common/wasi_nn.h"

int main() {
  const std::vector<float> pixels(3 * 224 * 224, 0.0F);
  const wasi_nn::Graph graph = wasi_nn::LoadByName("photo").OrDie();
  wasi_nn::ExecutionContext context = graph.InitExecutionContext().OrDie();
  context.SetInput(0, {1, 3, 224, 224}, pixels).OrDie();
  context.Compute().OrDie();
  const std::vector<float> scores = context.GetOutput<float>(0).OrDie();
  const auto likeliest = std::ranges::max_element(scores) - scores.begin();
  std::printf("class %td of %zu\n", likeliest, scores.size());
}
