// Says what a photo shows, and how long the answer took.
//
//   classify MODEL LABELS PHOTO
//
// MODEL is the host's name for an ImageNet classifier, one that takes [1, 3, 224, 224] of float32
// and returns one float32 per class. The guest knows nothing else about it. LABELS has the name of
// class N in line N, starting from 0.

#include <string>
#include <vector>

#include "classify/answer.h"
#include "classify/photo.h"
#include "common/load_model.h"
#include "common/message.h"
#include "common/wasi_nn.h"

const char kProgram[] = "classify";

namespace {

wasi_nn::ExecutionContext OpenModel(const std::string& name, double* load_by_name_us) {
  const double start = Microseconds();
  const wasi_nn::Graph graph = LoadModel(name);
  *load_by_name_us = Microseconds() - start;
  return graph.InitExecutionContext().OrDie();
}

// Runs from the photo in guest memory to the scores in guest memory. Returns the duration in
// microseconds.
double Infer(wasi_nn::ExecutionContext& context, const std::vector<float>& photo,
             std::vector<float>& scores) {
  const double start = Microseconds();
  auto set = context.SetInput(0, {1, 3, kInputSide, kInputSide}, photo);
  if (!set.ok()) {
    Fail("the model does not take a photo as float32 [1, 3, %u, %u]: %s", kInputSide, kInputSide,
         wasi_nn::Name(set.error()));
  }
  context.Compute().OrDie();
  scores = context.GetOutput<float>(0).OrDie();
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
  wasi_nn::ExecutionContext context = OpenModel(argv[1], &times.load_by_name);
  std::vector<float> scores;
  times.first_inference = Infer(context, photo.tensor, scores);
  if (scores.size() != labels.size()) {
    Fail("the model has %zu classes, but there are %zu labels", scores.size(), labels.size());
  }
  for (int run = 0; run < kTimedRuns; ++run) {
    times.later_inferences.push_back(Infer(context, photo.tensor, scores));
  }
  PrintAnswer(photo_path, photo, scores, labels);
  PrintTimes(times);
}
