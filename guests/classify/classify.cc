// Says what is on a photo, and how long the answer took.
//
//   classify MODEL LABELS PHOTO
//
// MODEL is the name under which the host has an ImageNet classifier: one that takes
// [1, 3, 224, 224] of float32 and gives one float32 per class. The guest knows no more of it.
// LABELS has the name of class N in line N, counted from 0.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "classify/photo.h"
#include "common/file.h"
#include "common/message.h"
#include "common/wasi_nn.h"

const char kProgram[] = "classify";

namespace {

constexpr std::size_t kShown = 5;
// Enough that one run that something else disturbed does not count.
constexpr int kTimedRuns = 9;

double Microseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

std::vector<std::string> ReadLabels(const std::string& path) {
  std::string text;
  std::string error;
  if (!ReadFile(path, &text, &error)) {
    Fail("can't read the labels %s: %s", path.c_str(), error.c_str());
  }
  std::vector<std::string> labels;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    labels.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return labels;
}

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

// From the photo in this guest's memory to the scores in this guest's memory.
void Infer(wasi_nn::ExecutionContext context, const std::vector<float>& photo,
           std::vector<float>& scores) {
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
}

std::vector<float> Softmax(const std::vector<float>& scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  std::vector<float> result;
  for (const float score : scores) result.push_back(std::exp(score - largest));
  const float sum = std::accumulate(result.begin(), result.end(), 0.0F);
  for (float& value : result) value /= sum;
  return result;
}

// `share` of a full bar, to an eighth of a character.
std::string Bar(float share) {
  constexpr float kCharacters = 32;
  const char* const kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(share * kCharacters * 8));
  std::string bar;
  for (int i = 0; i < eighths / 8; ++i) bar += "█";
  return bar + kEighths[eighths % 8];
}

void PrintLikeliest(const std::vector<float>& probabilities,
                    const std::vector<std::string>& labels) {
  std::vector<std::size_t> classes(probabilities.size());
  std::iota(classes.begin(), classes.end(), 0);
  const std::size_t shown = std::min(kShown, classes.size());
  std::partial_sort(
      classes.begin(), classes.begin() + static_cast<std::ptrdiff_t>(shown), classes.end(),
      [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  classes.resize(shown);

  std::size_t width = 0;
  for (const std::size_t c : classes) width = std::max(width, labels[c].size());
  for (const std::size_t c : classes) {
    std::printf("  %-*s  %5.1f %%  %s\n", static_cast<int>(width), labels[c].c_str(),
                static_cast<double>(probabilities[c]) * 100, Bar(probabilities[c]).c_str());
  }
}

std::string Time(double microseconds) {
  const bool in_ms = microseconds >= 1000;
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f %s", in_ms ? 2 : 1,
                in_ms ? microseconds / 1000 : microseconds, in_ms ? "ms" : "µs");
  return text;
}

void PrintTimes(double load_by_name_us, double first_us, std::vector<double> later_us) {
  const auto middle = later_us.begin() + static_cast<std::ptrdiff_t>(later_us.size() / 2);
  std::nth_element(later_us.begin(), middle, later_us.end());
  std::printf("  load by name   %s\n", Time(load_by_name_us).c_str());
  std::printf(
      "  one inference  %s  (input, compute and output; median of %zu after a first of %s)\n",
      Time(*middle).c_str(), later_us.size(), Time(first_us).c_str());
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

  double load_by_name_us = 0;
  const wasi_nn::ExecutionContext context = OpenModel(argv[1], &load_by_name_us);
  std::vector<float> scores(labels.size());
  std::vector<double> times_us;
  for (int run = 0; run < 1 + kTimedRuns; ++run) {
    const double start = Microseconds();
    Infer(context, photo.tensor, scores);
    times_us.push_back(Microseconds() - start);
  }

  std::printf("%s (%d × %d pixels)\n\n", photo_path.c_str(), photo.width, photo.height);
  PrintLikeliest(Softmax(scores), labels);
  std::printf("\n");
  PrintTimes(load_by_name_us, times_us.front(), {times_us.begin() + 1, times_us.end()});
}
