// The bytes of a model's first part, in memory or in a file.
#ifndef NAMESAKE_BACKENDS_OPENVINO_MODEL_CONTENT_H_
#define NAMESAKE_BACKENDS_OPENVINO_MODEL_CONTENT_H_

#include <cstddef>
#include <optional>
#include <span>
#include <variant>

#include "base/file.h"
#include "namesake/model_layout.h"

namespace namesake::openvino {

// Maps a file. Must not outlive the layout.
class ModelContent {
 public:
  explicit ModelContent(const ModelLayout& layout) {
    if (const auto* memory = std::get_if<ModelLayout::Memory>(&layout.parts)) {
      bytes_ = *memory->model;
    } else if (auto file =
                   base::MappedFile::Open(std::get<ModelLayout::Files>(layout.parts).model)) {
      bytes_ = file_.emplace(*std::move(file)).bytes();
    }
  }

  // Empty for a directory, and for a file that can't be read.
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::optional<base::MappedFile> file_;
  std::span<const std::byte> bytes_;
};

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_MODEL_CONTENT_H_
