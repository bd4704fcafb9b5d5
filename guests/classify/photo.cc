#include "classify/photo.h"

#include <algorithm>
#include <cstdint>

#include "common/image.h"

namespace {

// The network was trained on the middle of photos scaled so that the shorter side has this length.
constexpr int kShorterSide = 256;
// A longer photo shows almost nothing in its middle square, and becomes huge when scaled.
constexpr int kMaxAspect = 20;

// Returns the middle kInputSide x kInputSide pixels, one plane per channel.
std::vector<float> CropToTensor(const Image& image) {
  constexpr int kSide = static_cast<int>(kInputSide);
  const int left = (image.width - kSide) / 2;
  const int top = (image.height - kSide) / 2;
  std::vector<float> tensor;
  tensor.reserve(kChannels * kInputSide * kInputSide);
  for (int channel = 0; channel < kChannels; ++channel) {
    for (int y = top; y < top + kSide; ++y) {
      for (int x = left; x < left + kSide; ++x) {
        tensor.push_back(static_cast<float>(image.At(x, y, channel) - 127) / 128.0F);
      }
    }
  }
  return tensor;
}

}  // namespace

bool ReadPhoto(const std::string& path, Photo* photo, std::string* error) {
  Image image;
  if (!ReadImage(path, &image, error)) return false;
  photo->width = image.width;
  photo->height = image.height;

  const int shorter = std::min(photo->width, photo->height);
  const int longer = std::max(photo->width, photo->height);
  if (longer / shorter >= kMaxAspect) {
    *error = "it is too long and narrow";
    return false;
  }
  const int scaled_longer =
      static_cast<int>((std::int64_t{kShorterSide} * longer + shorter / 2) / shorter);
  const int width = photo->width < photo->height ? kShorterSide : scaled_longer;
  const int height = photo->width < photo->height ? scaled_longer : kShorterSide;

  Image scaled;
  const Box whole = {0, 0, image.width, image.height};
  if (!Scale(image, whole, width, height, &scaled, error)) return false;
  photo->tensor = CropToTensor(scaled);
  return true;
}
