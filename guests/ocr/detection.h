// Finding lines of text on an image, with a detection network of PP-OCR.
#ifndef NAMESAKE_GUESTS_OCR_DETECTION_H_
#define NAMESAKE_GUESTS_OCR_DETECTION_H_

#include <span>
#include <string>
#include <vector>

#include "common/image.h"

namespace ocr {

// An image as a network's input: [1, 3, height, width], from -1 to 1.
struct Tensor {
  int width = 0;
  int height = 0;
  std::vector<float> values;
};

// Blue comes first, as in the images that the networks were trained on.
Tensor ToTensor(const Image& image);

// Scales the image to sides that the network takes. Returns false, with the reason in `error`, if
// it does not fit into the guest's memory.
bool DetectionInput(const Image& image, Tensor* input, std::string* error);

// Returns the image's lines of text in reading order, each with some margin. They are taken as
// level. `map` is the network's output: for each pixel of its input, whether it is text, from 0
// to 1.
std::vector<Box> FindLines(std::span<const float> map, const Tensor& input, const Image& image);

}  // namespace ocr

#endif  // NAMESAKE_GUESTS_OCR_DETECTION_H_
