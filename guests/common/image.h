// Images, for guests.
#ifndef NAMESAKE_GUESTS_COMMON_IMAGE_H_
#define NAMESAKE_GUESTS_COMMON_IMAGE_H_

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>

inline constexpr int kChannels = 3;

struct FreePixels {
  void operator()(unsigned char* pixels) const { std::free(pixels); }
};

struct Image {
  int width = 0;
  int height = 0;
  // Red, green and blue of each pixel, row by row from the top.
  std::unique_ptr<unsigned char[], FreePixels> pixels;

  int At(int x, int y, int channel) const {
    return pixels[static_cast<std::size_t>((y * width + x) * kChannels + channel)];
  }
};

// Reads a PNG or JPEG file. Returns false, with the reason in `error`, if it can't.
bool ReadImage(const std::string& path, Image* image, std::string* error);

// A part of an image, in pixels; `right` and `bottom` lie just outside.
struct Box {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};

// Scales the part to this width and height, which are at least 1. Returns false, with the reason in
// `error`, if the result does not fit into the guest's memory.
bool Scale(const Image& image, const Box& part, int width, int height, Image* scaled,
           std::string* error);

#endif  // NAMESAKE_GUESTS_COMMON_IMAGE_H_
