#include "ocr/detection.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace ocr {
namespace {

// The network halves the sides five times.
constexpr int kSideStep = 32;
// A larger image costs more and shows the network nothing new.
constexpr int kMostSide = 1600;

// From this value on a pixel is text, and a region is a line by the mean of its pixels.
constexpr float kLeastPixel = 0.3F;
constexpr float kLeastMean = 0.5F;
// A region with a side of fewer pixels is noise.
constexpr int kLeastSide = 3;
// The network marks the middle of a line. The whole line is larger by this much of area /
// perimeter.
constexpr double kGrowth = 1.6;

int NetworkSide(int side, double scale) {
  const int steps = static_cast<int>(std::lround(side * scale / kSideStep));
  return std::max(steps, 1) * kSideStep;
}

// Pixels that touch each other.
struct Region {
  Box box;
  double sum = 0;
  int count = 0;
};

// Finds the regions of a map, one after the other.
class Regions {
 public:
  Regions(std::span<const float> map, int width, int height)
      : map_(map), width_(width), height_(height), seen_(map.size()) {}

  std::vector<Region> FindAll() {
    std::vector<Region> regions;
    for (int y = 0; y < height_; ++y) {
      for (int x = 0; x < width_; ++x) {
        if (Take(x, y)) regions.push_back(Follow(x, y));
      }
    }
    return regions;
  }

 private:
  std::size_t At(int x, int y) const { return static_cast<std::size_t>(y * width_ + x); }

  // Returns whether the pixel is text and was not taken before.
  bool Take(int x, int y) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return false;
    if (seen_[At(x, y)] || map_[At(x, y)] < kLeastPixel) return false;
    seen_[At(x, y)] = true;
    return true;
  }

  // Takes the rest of the region of this pixel.
  Region Follow(int x, int y) {
    Region region = {.box = {x, y, x + 1, y + 1}};
    std::vector<std::pair<int, int>> open = {{x, y}};
    while (!open.empty()) {
      const auto [at_x, at_y] = open.back();
      open.pop_back();
      Add(at_x, at_y, region);
      for (const auto& [dx, dy] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}}) {
        if (Take(at_x + dx, at_y + dy)) open.emplace_back(at_x + dx, at_y + dy);
      }
    }
    return region;
  }

  void Add(int x, int y, Region& region) const {
    Box& box = region.box;
    box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1),
           std::max(box.bottom, y + 1)};
    region.sum += static_cast<double>(map_[At(x, y)]);
    ++region.count;
  }

  const std::span<const float> map_;
  const int width_;
  const int height_;
  std::vector<bool> seen_;
};

bool IsLine(const Region& region) {
  const int width = region.box.right - region.box.left;
  const int height = region.box.bottom - region.box.top;
  return std::min(width, height) >= kLeastSide &&
         region.sum >= static_cast<double>(kLeastMean) * region.count;
}

// The whole line, in the image's pixels.
Box WholeLine(const Box& box, const Tensor& input, const Image& image) {
  const double width = box.right - box.left;
  const double height = box.bottom - box.top;
  const double margin = kGrowth * width * height / (2 * (width + height));
  const auto scaled = [](double value, int from, int to) {
    return std::clamp(static_cast<int>(std::lround(value * to / from)), 0, to);
  };
  return {scaled(box.left - margin, input.width, image.width),
          scaled(box.top - margin, input.height, image.height),
          scaled(box.right + margin, input.width, image.width),
          scaled(box.bottom + margin, input.height, image.height)};
}

// From top to bottom, and what stands beside each other from left to right.
void SortInReadingOrder(std::vector<Box>& boxes) {
  std::ranges::sort(boxes, {}, &Box::top);
  for (auto row = boxes.begin(); row != boxes.end();) {
    const int middle = (row->top + row->bottom) / 2;
    const auto end =
        std::find_if(row, boxes.end(), [&](const Box& box) { return box.top > middle; });
    std::ranges::sort(row, end, {}, &Box::left);
    row = end;
  }
}

}  // namespace

Tensor ToTensor(const Image& image) {
  Tensor tensor = {.width = image.width, .height = image.height, .values = {}};
  tensor.values.reserve(static_cast<std::size_t>(image.width * image.height * kChannels));
  for (int channel = kChannels - 1; channel >= 0; --channel) {
    for (int y = 0; y < image.height; ++y) {
      for (int x = 0; x < image.width; ++x) {
        tensor.values.push_back(static_cast<float>(image.At(x, y, channel)) / 127.5F - 1.0F);
      }
    }
  }
  return tensor;
}

bool DetectionInput(const Image& image, Tensor* input, std::string* error) {
  const int longer = std::max(image.width, image.height);
  const double scale = std::min(1.0, static_cast<double>(kMostSide) / longer);
  Image scaled;
  if (!Scale(image, {0, 0, image.width, image.height}, NetworkSide(image.width, scale),
             NetworkSide(image.height, scale), &scaled, error)) {
    return false;
  }
  *input = ToTensor(scaled);
  return true;
}

std::vector<Box> FindLines(std::span<const float> map, const Tensor& input, const Image& image) {
  std::vector<Box> lines;
  for (const Region& region : Regions(map, input.width, input.height).FindAll()) {
    if (!IsLine(region)) continue;
    const Box line = WholeLine(region.box, input, image);
    if (line.left < line.right && line.top < line.bottom) lines.push_back(line);
  }
  SortInReadingOrder(lines);
  return lines;
}

}  // namespace ocr
