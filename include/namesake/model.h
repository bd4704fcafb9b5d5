// Models: what someone registers. A name, an encoding, where the bytes are, a target and options.
#ifndef NAMESAKE_MODEL_H_
#define NAMESAKE_MODEL_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "namesake/error.h"
#include "namesake/export.h"

namespace namesake {

// The format of a model's bytes. The numbers are Namesake's own; each guest ABI has its own table.
enum class Encoding : std::uint8_t {
  kOpenVino,
  kOnnx,
  kTensorFlow,
  kPyTorch,
  kTensorFlowLite,
  kGgml,
  kAutodetect,  // Whichever the content is of; the host finds out before a backend sees it.
};
inline constexpr int kEncodingCount = 7;

// The kind of device a model shall run on. A target that the machine lacks is an error.
enum class Target : std::uint8_t {
  kCpu,
  kGpu,
  kTpu,
  kAuto,  // The backend picks among the devices it has.
};
inline constexpr int kTargetCount = 4;

// Lower case, such as "tensorflowlite" and "cpu".
NAMESAKE_API std::string_view EncodingName(Encoding encoding);
NAMESAKE_API std::string_view TargetName(Target target);
// In any case; empty when `text` is none.
NAMESAKE_API std::optional<Encoding> ParseEncoding(std::string_view text);
NAMESAKE_API std::optional<Target> ParseTarget(std::string_view text);

// 1 to 255 bytes of UTF-8 without control characters, compared byte for byte and never interpreted
// as a path. A value of this type is valid.
class NAMESAKE_API ModelName {
 public:
  static constexpr std::size_t kMaxBytes = 255;

  // Errors: invalid_argument.
  static Result<ModelName> Parse(std::string_view text);

  const std::string& text() const { return text_; }

  friend auto operator<=>(const ModelName&, const ModelName&) = default;

 private:
  explicit ModelName(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

// Bytes that a model keeps alive for as long as its graph may read them.
using Blob = std::shared_ptr<const std::vector<std::byte>>;

// A copy of a model that a guest has registered by its path.
struct ModelCopy {
  // The guest's path of the original of the first file.
  std::string guest_path;
  // Keeps the copied files.
  std::shared_ptr<const void> keep;
};

// The model's parts on disk, opened by path and never read into memory first. One file, a directory
// where the encoding is one, or several files in the encoding's order (OpenVINO: xml, bin).
struct ModelFiles {
  std::vector<std::filesystem::path> paths{};
  // Set where the paths are of a copy, which lives for as long as anybody has this; null for the
  // operator's files, which stay by themselves.
  std::shared_ptr<const ModelCopy> copy{};

  // The guest's path of the original of a copy; else empty. Lives as long as `copy`.
  std::string_view guest_path() const {
    return copy == nullptr ? "" : std::string_view(copy->guest_path);
  }
};

// The model's parts in memory, in the encoding's order.
struct ModelBytes {
  std::vector<Blob> parts{};
};

// Settings for the backend, by the backend's own keys, such as {"inference_precision", "bf16"}.
using BackendOptions = std::map<std::string, std::string, std::less<>>;

// Who brought a model. A guest's may be hostile: its compiled form is not kept between processes,
// and a guest may only ever take away what a guest brought.
enum class Origin : std::uint8_t { kOperator, kGuest };

struct Model {
  Encoding encoding = Encoding::kAutodetect;
  Target target = Target::kCpu;
  std::variant<ModelFiles, ModelBytes> source{};
  BackendOptions options{};
  // The backend's name; empty for the first one that reads the encoding.
  std::string backend{};
  Origin origin = Origin::kOperator;
};

// What the operator calls the model's source: the first path, or "a model of 3.0 MiB in memory".
NAMESAKE_API std::string SourceText(const Model& model);
// The same for both readers: guests know a file by their own path alone, or as "the model".
NAMESAKE_API Wording SourceName(const Model& model);

}  // namespace namesake

template <>
struct std::hash<namesake::ModelName> {
  std::size_t operator()(const namesake::ModelName& name) const noexcept {
    return std::hash<std::string>{}(name.text());
  }
};

#endif  // NAMESAKE_MODEL_H_
