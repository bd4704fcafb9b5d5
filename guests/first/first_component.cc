// Asks the model "photo" about a grey image.
#include <first.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <span>
#include <vector>

// Ends the guest with the host's words for what went wrong.
[[noreturn]] void Fail(wasi_nn_errors_own_error_t error) {
  first_string_t text;
  wasi_nn_errors_method_error_data(wasi_nn_errors_borrow_error(error), &text);
  std::fprintf(stderr, "first: %.*s\n", static_cast<int>(text.len),
               reinterpret_cast<const char*>(text.ptr));
  std::exit(1);
}

int main() {
  wasi_nn_errors_own_error_t error;
  first_string_t name;
  first_string_set(&name, "photo");
  wasi_nn_graph_own_graph_t graph;
  if (!wasi_nn_graph_load_by_name(&name, &graph, &error)) Fail(error);
  wasi_nn_graph_own_graph_execution_context_t context;
  if (!wasi_nn_graph_method_graph_init_execution_context(wasi_nn_graph_borrow_graph(graph),
                                                         &context, &error)) {
    Fail(error);
  }

  std::vector<float> pixels(3 * 224 * 224, 0.0F);
  std::uint32_t extents[] = {1, 3, 224, 224};
  wasi_nn_tensor_tensor_dimensions_t dimensions = {extents, std::size(extents)};
  wasi_nn_tensor_tensor_data_t data = {reinterpret_cast<std::uint8_t*>(pixels.data()),
                                       pixels.size() * sizeof(float)};
  // "0" is the first input, whatever the model calls it. The call takes the tensor.
  wasi_nn_inference_named_tensor_t input;
  first_string_set(&input.f0, "0");
  input.f1 = wasi_nn_tensor_constructor_tensor(&dimensions, WASI_NN_TENSOR_TENSOR_TYPE_FP32, &data);
  wasi_nn_inference_list_named_tensor_t inputs = {&input, 1};
  wasi_nn_inference_list_named_tensor_t outputs;
  if (!wasi_nn_inference_method_graph_execution_context_compute(
          wasi_nn_inference_borrow_graph_execution_context(context), &inputs, &outputs, &error)) {
    Fail(error);
  }

  wasi_nn_tensor_tensor_data_t bytes;
  wasi_nn_tensor_method_tensor_data(wasi_nn_tensor_borrow_tensor(outputs.ptr[0].f1), &bytes);
  const std::span scores(reinterpret_cast<const float*>(bytes.ptr), bytes.len / sizeof(float));
  const auto likeliest = std::ranges::max_element(scores) - scores.begin();
  std::printf("class %td of %zu\n", likeliest, scores.size());
}
