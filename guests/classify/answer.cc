#include "classify/answer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <numeric>

#include "common/file.h"
#include "common/message.h"

namespace {

constexpr std::size_t kShown = 5;

std::vector<float> Softmax(const std::vector<float>& scores) {
  const float largest = *std::max_element(scores.begin(), scores.end());
  std::vector<float> result;
  for (const float score : scores) result.push_back(std::exp(score - largest));
  const float sum = std::accumulate(result.begin(), result.end(), 0.0F);
  for (float& value : result) value /= sum;
  return result;
}

// Returns `share` of a full bar, to an eighth of a character.
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

}  // namespace

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

void PrintAnswer(const std::string& photo_path, const Photo& photo,
                 const std::vector<float>& scores, const std::vector<std::string>& labels) {
  std::printf("%s (%d × %d pixels)\n\n", photo_path.c_str(), photo.width, photo.height);
  PrintLikeliest(Softmax(scores), labels);
  std::printf("\n");
}

void PrintTimes(const Times& times) {
  std::vector<double> later_us = times.later_inferences;
  const auto middle = later_us.begin() + static_cast<std::ptrdiff_t>(later_us.size() / 2);
  std::nth_element(later_us.begin(), middle, later_us.end());
  std::printf("  load by name   %s\n", Time(times.load_by_name).c_str());
  std::printf(
      "  one inference  %s  (input, compute and output; median of %zu after a first of %s)\n",
      Time(*middle).c_str(), later_us.size(), Time(times.first_inference).c_str());
}
