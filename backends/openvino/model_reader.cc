#include "backend_openvino/model_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <istream>
#include <optional>
#include <span>
#include <spanstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "backend_openvino/constants_check.h"
#include "backend_openvino/explain.h"
#include "backend_openvino/ir_reader.h"
#include "backend_openvino/operations_check.h"
#include "backend_openvino/private_directory.h"
#include "backend_openvino/read_by.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/file.h"
#include "graph/encoding_layout.h"
#include "graph/onnx_scan.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;
using VendorModel = std::shared_ptr<ov::Model>;

VendorModel ReadOnnx(std::span<const std::byte> bytes, ov::AnyVector path, Weights weights) {
  std::ispanstream stream(
      std::span<const char>(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  path.insert(path.begin(), static_cast<std::istream*>(&stream));
  return ReadBy("onnx", std::move(path), weights);
}

// Whether a link leads from the model's folder to a file elsewhere, as in caches of model hubs.
bool LeadsOut(const fs::path& folder, const std::vector<fs::path>& companions) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  return std::ranges::any_of(companions, [&](const fs::path& companion) {
    const fs::path file = fs::canonical(companion, error).lexically_relative(real);
    return file.empty() || *file.begin() == "..";
  });
}

// The reader refuses files behind links out of the model's folder. Whether the model may name a
// file was already decided by its name, and links are the operator's. So the reader gets the files
// by their real paths, in a model whose folder is the root.
Result<VendorModel> ReadLinkedOnnx(const fs::path& model, Weights weights, const Wording& context) {
  const auto file = base::MappedFile::Open(model);
  if (!file) return base::Fail(file);
  const auto renamed = graph::RenameOnnxFiles(file->bytes(), [&](std::string_view location) {
    std::error_code ignored;
    return fs::canonical(model.parent_path() / location, ignored).relative_path().string();
  });
  return VendorCall(context,
                    [&] { return ReadOnnx(renamed, {std::string("/model.onnx")}, weights); });
}

Result<VendorModel> ReadOnnx(const ModelLayout::Files& parts, Weights weights,
                             const Wording& context) {
  const fs::path folder = parts.model.has_parent_path() ? parts.model.parent_path() : ".";
  if (LeadsOut(folder, parts.companions)) return ReadLinkedOnnx(parts.model, weights, context);
  return VendorCall(context, [&] { return ReadBy("onnx", {parts.model.string()}, weights); });
}

// Readers that can't read from memory go by the end of the file's name.
struct Suffixed {
  std::string framework;
  std::string suffix;
};

Suffixed SuffixedReader(Encoding encoding) {
  return {.framework = encoding == Encoding::kTensorFlow ? "tf" : "tflite",
          .suffix = std::string(graph::FileExtension(encoding))};
}

Result<VendorModel> ReadSuffixed(const ModelLayout::Files& parts, Encoding encoding,
                                 Weights weights, const std::optional<fs::path>& temporary_dir,
                                 const Wording& context) {
  const auto [framework, suffix] = SuffixedReader(encoding);
  fs::path path = parts.model;
  std::optional<PrivateDirectory> aside;
  if (path.extension() != suffix && !fs::is_directory(path)) {
    auto directory = PrivateDirectory::Make(temporary_dir);
    if (!directory) return base::Fail(directory);
    auto link = aside.emplace(*std::move(directory)).Link("model" + suffix, path);
    if (!link) return base::Fail(link);
    path = *std::move(link);
  }
  return VendorCall(context, [&] { return ReadBy(framework, {path.string()}, weights); });
}

Result<VendorModel> ReadSuffixed(const ModelLayout::Memory& parts, Encoding encoding,
                                 Weights weights, const std::optional<fs::path>& temporary_dir,
                                 const Wording& context) {
  const auto [framework, suffix] = SuffixedReader(encoding);
  auto directory = PrivateDirectory::Make(temporary_dir);
  if (!directory) return base::Fail(directory);
  const auto path = directory->Write("model" + suffix, *parts.model);
  if (!path) return base::Fail(path);
  return VendorCall(context, [&] { return ReadBy(framework, {path->string()}, weights); });
}

Result<VendorModel> Read(const ModelLayout& layout, const std::optional<fs::path>& temporary_dir,
                         const Wording& context) {
  const Weights weights = WeightsFor(layout.bytes);
  return std::visit(
      [&](const auto& parts) -> Result<VendorModel> {
        using Parts = std::remove_cvref_t<decltype(parts)>;
        if (layout.encoding == Encoding::kOpenVino) return ReadIr(parts, weights, context);
        if (layout.encoding != Encoding::kOnnx) {
          return ReadSuffixed(parts, layout.encoding, weights, temporary_dir, context);
        }
        if constexpr (std::is_same_v<Parts, ModelLayout::Files>) {
          return ReadOnnx(parts, weights, context);
        } else {
          return VendorCall(context, [&] { return ReadOnnx(*parts.model, {}, weights); });
        }
      },
      layout.parts);
}

}  // namespace

Result<VendorModel> ReadModel(const ModelLayout& layout,
                              const std::optional<fs::path>& temporary_dir) {
  const Wording context = base::Worded("OpenVINO can't read {}", layout.name);
  auto model = Read(layout, temporary_dir, context);
  if (model && *model == nullptr) {
    model = base::Fail(ErrorCode::kInvalidEncoding, "{}: its reader for the encoding {} rejects it",
                       context, EncodingName(layout.encoding));
  }
  if (!model) return std::unexpected(Explain(layout, model.error()));
  auto checked = VendorCall(context, [&]() -> Result<void> {
    if (auto constants = CheckConstants(**model, layout.name); !constants) return constants;
    return CheckOperations(**model, layout.name);
  });
  if (!checked) return base::Fail(std::move(checked));
  return model;
}

}  // namespace namesake::openvino
