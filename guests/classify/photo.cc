#include "classify/photo.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "classify/stb.h"
#include "common/file.h"

namespace {

constexpr int kChannels = 3;
// The network was trained on the middle of photos scaled so that the shorter side has this length.
constexpr int kShorterSide = 256;
// A longer photo shows almost nothing in its middle square, and becomes huge when scaled.
constexpr int kMaxAspect = 20;

using Pixels = std::unique_ptr<unsigned char, decltype(&stbi_image_free)>;

Pixels Decode(const std::string& file, Photo* photo, std::string* error) {
  int channels_in_file = 0;
  Pixels pixels(stbi_load_from_memory(reinterpret_cast<const unsigned char*>(file.data()),
                                      static_cast<int>(file.size()), &photo->width, &photo->height,
                                      &channels_in_file, kChannels),
                stbi_image_free);
  if (pixels == nullptr) {
    const bool out_of_memory = std::strcmp(stbi_failure_reason(), "outofmem") == 0;
    *error = out_of_memory ? "it does not fit into this guest's memory"
                           : "it is not a PNG or JPEG image, or it is damaged";
  }
  return pixels;
}

// Catmull-Rom, widened for downscaling: Pillow's bicubic filter.
bool Resize(const unsigned char* from, int from_width, int from_height, unsigned char* to,
            int to_width, int to_height) {
#ifdef NAMESAKE_STB_RESIZE2
  return stbir_resize(from, from_width, from_height, 0, to, to_width, to_height, 0, STBIR_RGB,
                      STBIR_TYPE_UINT8, STBIR_EDGE_CLAMP, STBIR_FILTER_CATMULLROM) != nullptr;
#else
  return stbir_resize_uint8_generic(from, from_width, from_height, 0, to, to_width, to_height, 0,
                                    kChannels, STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP,
                                    STBIR_FILTER_CATMULLROM, STBIR_COLORSPACE_LINEAR, nullptr) != 0;
#endif
}

// Returns the middle kInputSide x kInputSide pixels, one plane per channel.
std::vector<float> CropToTensor(const std::vector<unsigned char>& pixels, int width, int height) {
  constexpr int kSide = static_cast<int>(kInputSide);
  const int left = (width - kSide) / 2;
  const int top = (height - kSide) / 2;
  std::vector<float> tensor;
  tensor.reserve(kChannels * kInputSide * kInputSide);
  for (int channel = 0; channel < kChannels; ++channel) {
    for (int y = top; y < top + kSide; ++y) {
      for (int x = left; x < left + kSide; ++x) {
        const int at = (y * width + x) * kChannels + channel;
        const int value = pixels[static_cast<std::size_t>(at)];
        tensor.push_back(static_cast<float>(value - 127) / 128.0F);
      }
    }
  }
  return tensor;
}

}  // namespace

bool ReadPhoto(const std::string& path, Photo* photo, std::string* error) {
  std::string file;
  if (!ReadFile(path, &file, error)) return false;
  const Pixels pixels = Decode(file, photo, error);
  if (pixels == nullptr) return false;

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

  std::vector<unsigned char> scaled(static_cast<std::size_t>(width * height * kChannels));
  if (!Resize(pixels.get(), photo->width, photo->height, scaled.data(), width, height)) {
    *error = "it does not fit into this guest's memory";
    return false;
  }
  photo->tensor = CropToTensor(scaled, width, height);
  return true;
}
