// Turns a photo into the input of an ImageNet classifier of the EfficientNet-Lite family.
#ifndef NAMESAKE_GUESTS_CLASSIFY_PHOTO_H_
#define NAMESAKE_GUESTS_CLASSIFY_PHOTO_H_

#include <cstdint>
#include <string>
#include <vector>

// The side of the network's input, in pixels.
inline constexpr std::uint32_t kInputSide = 224;

struct Photo {
  int width = 0;
  int height = 0;
  // The middle of the photo as [3][kInputSide][kInputSide]: red, green, blue, from about -1 to 1.
  std::vector<float> tensor;
};

// Reads a PNG or JPEG file. Returns false, with the reason in `error`, if it can't.
bool ReadPhoto(const std::string& path, Photo* photo, std::string* error);

#endif  // NAMESAKE_GUESTS_CLASSIFY_PHOTO_H_
