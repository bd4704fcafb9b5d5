// Models: a name, an encoding, the place of the bytes, a target and options.
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
#include "namesake/isolation.h"

namespace namesake {

// The format of a model's bytes. The numbers are Namesake's own; each guest ABI has its own table.
enum class Encoding : std::uint8_t {
  kOpenVino,
  kOnnx,
  kTensorFlow,
  kPyTorch,
  kTensorFlowLite,
  kGgml,
  kAutodetect,  // Detected from the content by the host, before a backend sees the model.
};
inline constexpr int kEncodingCount = 7;

// The kind of device that a model runs on. A target that the machine lacks is an error.
enum class Target : std::uint8_t {
  kCpu,
  kGpu,
  kTpu,
  kAuto,  // The backend chooses one of its devices.
};
inline constexpr int kTargetCount = 4;

// The name in lower case, such as "tensorflowlite" or "cpu".
NAMESAKE_API std::string_view EncodingName(Encoding encoding);
NAMESAKE_API std::string_view TargetName(Target target);
// Parses a name in any case; empty if `text` is not one.
NAMESAKE_API std::optional<Encoding> ParseEncoding(std::string_view text);
NAMESAKE_API std::optional<Target> ParseTarget(std::string_view text);

// A model's name: 1 to 255 bytes of UTF-8 without control characters, compared byte for byte and
// never interpreted as a path. A value of this type is always valid.
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

// A model's bytes, kept alive for as long as its graph may read them.
using Blob = std::shared_ptr<const std::vector<std::byte>>;

// The copy of a model that a guest registered by path.
struct ModelCopy {
  // The guest's path of the first file.
  std::string guest_path;
  // Keeps the copied files.
  std::shared_ptr<const void> keep;
};

// The model's parts on disk, opened by path and never read into memory first: one file, a directory
// if the encoding is one, or several files in the encoding's order (OpenVINO: xml, bin).
struct ModelFiles {
  std::vector<std::filesystem::path> paths{};
  // Set if the paths are of a copy, which exists as long as anybody holds this; null for the
  // operator's files, which need nothing to keep them.
  std::shared_ptr<const ModelCopy> copy{};

  // The guest's path of a copied model; empty for other models. Valid as long as `copy`.
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

// The supplier of a model. A guest's model may be hostile: its compiled form is not kept between
// processes. A guest may only unregister models that a guest supplied.
enum class Origin : std::uint8_t { kOperator, kGuest };

struct Model {
  Encoding encoding = Encoding::kAutodetect;
  Target target = Target::kCpu;
  std::variant<ModelFiles, ModelBytes> source{};
  BackendOptions options{};
  // The backend's name; empty for the first one that reads the encoding and knows the options, or
  // else the first that reads it.
  std::string backend{};
  Origin origin = Origin::kOperator;
  // Where it is loaded; empty for the isolation of the tenant that uses it.
  std::optional<Isolation> isolation{};
  // Whether its load ends with one inference on zeros, for which a dimension that varies has the
  // extent 1, so that a first inference costs no more than a later one. A failure is ignored; after
  // 10 seconds, or at the load's deadline, the load ends without it.
  bool warm_up = false;
};

// The model's source as the operator knows it: the first path, or "a model of 3.0 MiB in memory".
NAMESAKE_API std::string SourceText(const Model& model);
// The model's source for both readers: guests see a file by their own path, or as "the model".
NAMESAKE_API Wording SourceName(const Model& model);

}  // namespace namesake

template <>
struct std::hash<namesake::ModelName> {
  std::size_t operator()(const namesake::ModelName& name) const noexcept {
    return std::hash<std::string>{}(name.text());
  }
};

#endif  // NAMESAKE_MODEL_H_
