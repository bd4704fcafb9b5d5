// Prints the lines of text on an image, asking two models: where text is, and what a line says.
//
//   ocr DETECTION RECOGNITION CHARACTERS IMAGE
//
// DETECTION and RECOGNITION are the host's names for two networks of PP-OCR. CHARACTERS is a file
// with the characters that the second one knows, one a line; characters.py takes it out of the
// network's file. Ends with exit code 1 if there is no text on the image.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "common/file.h"
#include "common/image.h"
#include "common/load_model.h"
#include "common/message.h"
#include "common/wasi_nn.h"
#include "ocr/detection.h"
#include "ocr/recognition.h"

const char kProgram[] = "ocr";

namespace {

// A model that takes an image as [1, 3, height, width].
class ImageModel {
 public:
  explicit ImageModel(const std::string& name)
      : name_(name), context_(LoadModel(name).InitExecutionContext().OrDie()) {}

  const char* name() const { return name_.c_str(); }

  std::vector<float> Ask(const ocr::Tensor& input) {
    const auto width = static_cast<std::uint32_t>(input.width);
    const auto height = static_cast<std::uint32_t>(input.height);
    auto set = context_.SetInput(0, {1, kChannels, height, width}, input.values);
    if (!set.ok()) {
      Fail("the model \"%s\" does not take an image as float32 [1, 3, %u, %u]: %s", name(), height,
           width, wasi_nn::Name(set.error()));
    }
    context_.Compute().OrDie();
    return context_.GetOutput<float>(0).OrDie();
  }

 private:
  std::string name_;
  wasi_nn::ExecutionContext context_;
};

std::vector<Box> FindLines(ImageModel& model, const Image& image, const char* path) {
  ocr::Tensor input;
  std::string error;
  if (!ocr::DetectionInput(image, &input, &error)) Fail("can't read %s: %s", path, error.c_str());
  const std::vector<float> map = model.Ask(input);
  if (map.size() * kChannels != input.values.size()) {
    Fail("the model \"%s\" does not say for each pixel whether it is text", model.name());
  }
  return ocr::FindLines(map, input, image);
}

std::string Read(ImageModel& model, const Image& image, const Box& line,
                 const std::vector<std::string>& classes) {
  ocr::Tensor input;
  std::string error;
  if (!ocr::RecognitionInput(image, line, &input, &error)) {
    Fail("can't read a line: %s", error.c_str());
  }
  const std::vector<float> scores = model.Ask(input);
  const std::size_t per_step =
      scores.size() / static_cast<std::size_t>(input.width / ocr::kStepWidth);
  if (per_step != classes.size()) {
    Fail(
        "the model \"%s\" tells %zu classes apart, but there are %zu characters, the space and "
        "nothing",
        model.name(), per_step, classes.size() - 2);
  }
  return ocr::TextOf(scores, classes);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) Fail("usage: ocr DETECTION RECOGNITION CHARACTERS IMAGE");
  const char* const path = argv[4];
  std::string characters;
  Image image;
  std::string error;
  if (!ReadFile(argv[3], &characters, &error)) {
    Fail("can't read the characters %s: %s", argv[3], error.c_str());
  }
  if (!ReadImage(path, &image, &error)) Fail("can't read %s: %s", path, error.c_str());

  ImageModel detection(argv[1]);
  ImageModel recognition(argv[2]);
  const std::vector<Box> lines = FindLines(detection, image, path);
  if (lines.empty()) Fail("there is no text on %s", path);
  const std::vector<std::string> classes = ocr::Classes(characters);
  for (const Box& line : lines) {
    std::printf("%s\n", Read(recognition, image, line, classes).c_str());
  }
}
