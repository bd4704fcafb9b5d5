#include "ocr/recognition.h"

#include <algorithm>
#include <cstddef>

namespace ocr {
namespace {

constexpr int kHeight = 48;
// Shorter lines are filled up with grey.
constexpr int kLeastWidth = 320;
// What is even longer is squeezed.
constexpr int kMostWidth = 48 * 100;

Tensor Widened(const Tensor& narrow, int width) {
  Tensor wide = {.width = width, .height = narrow.height, .values = {}};
  const auto rows = static_cast<std::size_t>(narrow.height * kChannels);
  const auto from = static_cast<std::size_t>(narrow.width);
  const auto to = static_cast<std::size_t>(width);
  wide.values.resize(rows * to);
  for (std::size_t row = 0; row < rows; ++row) {
    std::copy_n(narrow.values.data() + row * from, from, wide.values.data() + row * to);
  }
  return wide;
}

}  // namespace

std::vector<std::string> Classes(const std::string& text) {
  std::vector<std::string> classes = {""};
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    classes.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  classes.emplace_back(" ");
  return classes;
}

bool RecognitionInput(const Image& image, const Box& line, Tensor* input, std::string* error) {
  const int width = line.right - line.left;
  const int height = line.bottom - line.top;
  const int scaled_width = std::clamp((kHeight * width + height - 1) / height, 1, kMostWidth);
  Image scaled;
  if (!Scale(image, line, scaled_width, kHeight, &scaled, error)) return false;
  const int filled_width = (scaled_width + kStepWidth - 1) / kStepWidth * kStepWidth;
  *input = Widened(ToTensor(scaled), std::max(filled_width, kLeastWidth));
  return true;
}

std::string TextOf(std::span<const float> scores, const std::vector<std::string>& classes) {
  std::string text;
  std::size_t last = 0;
  for (; scores.size() >= classes.size(); scores = scores.subspan(classes.size())) {
    const auto row = scores.first(classes.size());
    const auto likeliest = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
    // A character lasts for several steps; the class of nothing lies between two equal ones.
    if (likeliest != last) text += classes[likeliest];
    last = likeliest;
  }
  return text;
}

}  // namespace ocr
