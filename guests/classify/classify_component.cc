// The guest of classify.cc as a component, which uses wasi:nn through the bindings that wit-bindgen
// generates from classify.wit.
//
//   classify MODEL LABELS PHOTO

#include <classify.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "classify/answer.h"
#include "classify/photo.h"
#include "common/message.h"

const char kProgram[] = "classify";

namespace {

// Lends text to a call. The bindings lack const, but no call writes to it.
classify_string_t Lend(std::string_view text) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())), text.size()};
}

wasi_nn_errors_error_code_t Code(wasi_nn_errors_own_error_t error) {
  return wasi_nn_errors_method_error_code(wasi_nn_errors_borrow_error(error));
}

// The host's text.
std::string Reason(wasi_nn_errors_own_error_t error) {
  classify_string_t text;
  wasi_nn_errors_method_error_data(wasi_nn_errors_borrow_error(error), &text);
  std::string reason(reinterpret_cast<const char*>(text.ptr), text.len);
  classify_string_free(&text);
  return reason;
}

wasi_nn_inference_borrow_graph_execution_context_t OpenModel(const std::string& name,
                                                             double* load_by_name_us) {
  classify_string_t name_argument = Lend(name);
  wasi_nn_graph_own_graph_t graph;
  wasi_nn_errors_own_error_t error;
  const double start = Microseconds();
  const bool found = wasi_nn_graph_load_by_name(&name_argument, &graph, &error);
  *load_by_name_us = Microseconds() - start;
  if (!found && Code(error) == WASI_NN_ERRORS_ERROR_CODE_NOT_FOUND) {
    Fail(
        "the host has no model named \"%s\". Give it one: namesake run --nn-preload %s:onnx:FILE …",
        name.c_str(), name.c_str());
  }
  if (!found) Fail("can't load the model \"%s\": %s", name.c_str(), Reason(error).c_str());

  wasi_nn_graph_own_graph_execution_context_t context;
  if (!wasi_nn_graph_method_graph_init_execution_context(wasi_nn_graph_borrow_graph(graph),
                                                         &context, &error)) {
    Fail("can't make an execution context of \"%s\": %s", name.c_str(), Reason(error).c_str());
  }
  // The context does not need the graph's handle, and lives as long as the guest.
  wasi_nn_graph_graph_drop_own(graph);
  return wasi_nn_inference_borrow_graph_execution_context(context);
}

wasi_nn_tensor_own_tensor_t MakeTensor(const std::vector<float>& photo) {
  std::uint32_t extents[] = {1, 3, kInputSide, kInputSide};
  wasi_nn_tensor_tensor_dimensions_t dimensions = {extents, std::size(extents)};
  wasi_nn_tensor_tensor_data_t data = {
      reinterpret_cast<std::uint8_t*>(const_cast<float*>(photo.data())),
      photo.size() * sizeof(float)};
  return wasi_nn_tensor_constructor_tensor(&dimensions, WASI_NN_TENSOR_TENSOR_TYPE_FP32, &data);
}

void ReadScores(wasi_nn_tensor_own_tensor_t tensor, std::vector<float>& scores) {
  wasi_nn_tensor_tensor_data_t data;
  wasi_nn_tensor_method_tensor_data(wasi_nn_tensor_borrow_tensor(tensor), &data);
  if (data.len != scores.size() * sizeof(float)) {
    Fail("the model has %zu classes, but there are %zu labels", data.len / sizeof(float),
         scores.size());
  }
  std::memcpy(scores.data(), data.ptr, data.len);
  wasi_nn_tensor_tensor_data_free(&data);
}

// Runs from the photo in guest memory to the scores in guest memory. Returns the duration in
// microseconds.
double Infer(wasi_nn_inference_borrow_graph_execution_context_t context,
             const std::vector<float>& photo, std::vector<float>& scores) {
  const double start = Microseconds();
  // Names the input by its index, since the guest does not know its name in the model. The call
  // takes the tensor.
  wasi_nn_inference_named_tensor_t input = {Lend("0"), MakeTensor(photo)};
  wasi_nn_inference_list_named_tensor_t inputs = {&input, 1};
  wasi_nn_inference_list_named_tensor_t outputs;
  wasi_nn_errors_own_error_t error;
  if (!wasi_nn_inference_method_graph_execution_context_compute(context, &inputs, &outputs,
                                                                &error)) {
    if (Code(error) == WASI_NN_ERRORS_ERROR_CODE_INVALID_ARGUMENT) {
      Fail("the model does not take a photo as float32 [1, 3, %u, %u]: %s", kInputSide, kInputSide,
           Reason(error).c_str());
    }
    Fail("inference failed: %s", Reason(error).c_str());
  }
  if (outputs.len == 0) Fail("the model gave no output");
  ReadScores(outputs.ptr[0].f1, scores);
  for (std::size_t i = 0; i < outputs.len; ++i) wasi_nn_tensor_tensor_drop_own(outputs.ptr[i].f1);
  wasi_nn_inference_list_named_tensor_free(&outputs);
  return Microseconds() - start;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) Fail("usage: classify MODEL LABELS PHOTO");
  const std::string photo_path = argv[3];

  const std::vector<std::string> labels = ReadLabels(argv[2]);
  Photo photo;
  std::string reason;
  if (!ReadPhoto(photo_path, &photo, &reason)) {
    Fail("can't read the photo %s: %s", photo_path.c_str(), reason.c_str());
  }

  Times times;
  const auto context = OpenModel(argv[1], &times.load_by_name);
  std::vector<float> scores(labels.size());
  times.first_inference = Infer(context, photo.tensor, scores);
  for (int run = 0; run < kTimedRuns; ++run) {
    times.later_inferences.push_back(Infer(context, photo.tensor, scores));
  }
  PrintAnswer(photo_path, photo, scores, labels);
  PrintTimes(times);
}
