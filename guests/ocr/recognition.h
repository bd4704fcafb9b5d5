// Reading one line of text, with a recognition network of PP-OCR.
#ifndef NAMESAKE_GUESTS_OCR_RECOGNITION_H_
#define NAMESAKE_GUESTS_OCR_RECOGNITION_H_

#include <span>
#include <string>
#include <vector>

#include "common/image.h"
#include "ocr/detection.h"

namespace ocr {

// The network takes this many pixels for a step along the line.
inline constexpr int kStepWidth = 8;

// What the network's classes stand for: nothing for the first, and a character each for the others.
// `text` has one character a line, without the space, which is the network's last class.
std::vector<std::string> Classes(const std::string& text);

// Scales a part of the image to the height that the network takes, and fills it up to whole steps.
// Returns false, with the reason
// in `error`, if it does not fit into the guest's memory.
bool RecognitionInput(const Image& image, const Box& line, Tensor* input, std::string* error);

// The text of the network's scores, which are a row for each step along the line, of one for each
// class. There is at least one class.
std::string TextOf(std::span<const float> scores, const std::vector<std::string>& classes);

}  // namespace ocr

#endif  // NAMESAKE_GUESTS_OCR_RECOGNITION_H_
