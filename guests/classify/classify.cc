// Says what is on a photo, and how long the answer took.
//
//   classify MODEL LABELS PHOTO
//
// MODEL is the name under which the host has an ImageNet classifier: one that takes
// [1, 3, 224, 224] of float32 and gives one float32 per class. The guest knows no more of it.
// LABELS has the name of class N in line N, counted from 0.

#include <span>
#include <string>
#include <vector>

#include "classify/answer.h"
#include "classify/photo.h"
#include "common/message.h"
#include "common/wasi_nn.h"

const char kProgram[] = "classify";

namespace {

wasi_nn::ExecutionContext OpenModel(const std::string& name, double* load_by_name_us) {
  wasi_nn::Graph graph;
  const double start = Microseconds();
  wasi_nn::Errno error = wasi_nn::LoadByName(name, &graph);
  *load_by_name_us = Microseconds() - start;
  if (error == wasi_nn::Errno::kNotFound) {
    Fail(
        "the host has no model named \"%s\". Give it one: namesake run --nn-preload %s:onnx:FILE …",
        name.c_str(), name.c_str());
  }
  if (error != wasi_nn::Errno::kSuccess) {
    Fail("can't load the model \"%s\": %s", name.c_str(), wasi_nn::Name(error));
  }
  wasi_nn::ExecutionContext context;
  error = wasi_nn::InitExecutionContext(graph, &context);
  if (error != wasi_nn::Errno::kSuccess) {
    Fail("can't make an execution context of \"%s\": %s", name.c_str(), wasi_nn::Name(error));
  }
  return context;
}

// From the photo in this guest's memory to the scores in this guest's memory. Returns how long it
// took, in microseconds.
double Infer(wasi_nn::ExecutionContext context, const std::vector<float>& photo,
             std::vector<float>& scores) {
  const double start = Microseconds();
  wasi_nn::Errno error =
      wasi_nn::SetInput(context, 0, {1, 3, kInputSide, kInputSide}, std::span<const float>(photo));
  if (error != wasi_nn::Errno::kSuccess) {
    Fail("the model does not take a photo as float32 [1, 3, %u, %u]: %s", kInputSide, kInputSide,
         wasi_nn::Name(error));
  }
  error = wasi_nn::Compute(context);
  if (error != wasi_nn::Errno::kSuccess) Fail("computing failed: %s", wasi_nn::Name(error));

  std::size_t count = 0;
  error = wasi_nn::GetOutput(context, 0, std::span<float>(scores), &count);
  if (error != wasi_nn::Errno::kSuccess && error != wasi_nn::Errno::kTooLarge) {
    Fail("the model has no answer: %s", wasi_nn::Name(error));
  }
  if (count != scores.size()) {
    Fail("the model has %zu classes, and the labels are %zu", count, scores.size());
  }
  return Microseconds() - start;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) Fail("usage: classify MODEL LABELS PHOTO");
  const std::string photo_path = argv[3];

  const std::vector<std::string> labels = ReadLabels(argv[2]);
  Photo photo;
  std::string error;
  if (!ReadPhoto(photo_path, &photo, &error)) {
    Fail("can't read the photo %s: %s", photo_path.c_str(), error.c_str());
  }

  Times times;
  const wasi_nn::ExecutionContext context = OpenModel(argv[1], &times.load_by_name);
  std::vector<float> scores(labels.size());
  times.first_inference = Infer(context, photo.tensor, scores);
  for (int run = 0; run < kTimedRuns; ++run) {
    times.later_inferences.push_back(Infer(context, photo.tensor, scores));
  }
  PrintAnswer(photo_path, photo, scores, labels);
  PrintTimes(times);
}
