#include "common/image.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "common/file.h"
#include "common/stb.h"

namespace {

constexpr char kNoMemory[] = "it does not fit into this guest's memory";

// Catmull-Rom, widened for downscaling: Pillow's bicubic filter.
bool Resize(const unsigned char* from, int from_width, int from_height, int from_stride,
            unsigned char* to, int to_width, int to_height) {
#ifdef NAMESAKE_STB_RESIZE2
  return stbir_resize(from, from_width, from_height, from_stride, to, to_width, to_height, 0,
                      STBIR_RGB, STBIR_TYPE_UINT8, STBIR_EDGE_CLAMP,
                      STBIR_FILTER_CATMULLROM) != nullptr;
#else
  return stbir_resize_uint8_generic(from, from_width, from_height, from_stride, to, to_width,
                                    to_height, 0, kChannels, STBIR_ALPHA_CHANNEL_NONE, 0,
                                    STBIR_EDGE_CLAMP, STBIR_FILTER_CATMULLROM,
                                    STBIR_COLORSPACE_LINEAR, nullptr) != 0;
#endif
}

}  // namespace

bool ReadImage(const std::string& path, Image* image, std::string* error) {
  std::string file;
  if (!ReadFile(path, &file, error)) return false;
  int channels_in_file = 0;
  image->pixels.reset(stbi_load_from_memory(reinterpret_cast<const unsigned char*>(file.data()),
                                            static_cast<int>(file.size()), &image->width,
                                            &image->height, &channels_in_file, kChannels));
  if (image->pixels != nullptr) return true;
  const bool out_of_memory = std::strcmp(stbi_failure_reason(), "outofmem") == 0;
  *error = out_of_memory ? kNoMemory : "it is not a PNG or JPEG image, or it is damaged";
  return false;
}

bool Scale(const Image& image, const Box& part, int width, int height, Image* scaled,
           std::string* error) {
  scaled->width = width;
  scaled->height = height;
  scaled->pixels.reset(static_cast<unsigned char*>(
      std::malloc(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kChannels)));
  const unsigned char* const begin =
      image.pixels.get() + (part.top * image.width + part.left) * kChannels;
  if (scaled->pixels != nullptr &&
      Resize(begin, part.right - part.left, part.bottom - part.top, image.width * kChannels,
             scaled->pixels.get(), width, height)) {
    return true;
  }
  *error = kNoMemory;
  return false;
}
