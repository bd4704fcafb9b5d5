#include "backend_openvino/model_reader.h"

#include <fmt/format.h>

#include <filesystem>
#include <istream>
#include <optional>
#include <span>
#include <spanstream>
#include <string>

#include "backend_openvino/constants_check.h"
#include "backend_openvino/ir_reader.h"
#include "backend_openvino/private_directory.h"
#include "backend_openvino/read_by.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/text.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;
using VendorModel = std::shared_ptr<ov::Model>;

VendorModel ReadOnnx(const ModelLayout::Memory& parts) {
  const std::span bytes(reinterpret_cast<const char*>(parts.model->data()), parts.model->size());
  std::ispanstream stream(bytes);
  return ReadBy("onnx", {static_cast<std::istream*>(&stream)});
}

// What the readers without a memory of their own go by is the file name's end.
struct Suffixed {
  std::string framework;
  std::string suffix;
};

Suffixed SuffixedReader(Encoding encoding) {
  if (encoding == Encoding::kTensorFlow) return {.framework = "tf", .suffix = ".pb"};
  return {.framework = "tflite", .suffix = ".tflite"};
}

// The error of a read of `path`, which lies in a private directory, in words that name `shown`:
// where a model lay for a moment is nobody's business.
Error WithoutPath(const Error& error, const fs::path& path, std::string_view shown) {
  std::string message = error.message();
  const fs::path directory = path.parent_path();
  std::error_code ignored;
  // However the reader has spelled it.
  for (const fs::path& spelling :
       {fs::canonical(directory, ignored), fs::absolute(directory, ignored), directory}) {
    if (spelling.empty()) continue;
    ReplaceAll(VendorText((spelling / path.filename()).string()), shown, message);
    ReplaceAll(VendorText(spelling.string()), "(temporary)", message);
  }
  return Error(error.code(), message);
}

Result<VendorModel> ReadSuffixed(const ModelLayout::Files& parts, Encoding encoding,
                                 const std::optional<fs::path>& temporary_dir,
                                 std::string_view context) {
  const auto [framework, suffix] = SuffixedReader(encoding);
  fs::path path = parts.model;
  std::optional<PrivateDirectory> aside;
  if (path.extension() != suffix && !fs::is_directory(path)) {
    auto directory = PrivateDirectory::Make(temporary_dir);
    if (!directory) return std::unexpected(directory.error());
    auto link = aside.emplace(*std::move(directory)).Link("model" + suffix, path);
    if (!link) return std::unexpected(link.error());
    path = *std::move(link);
  }
  auto model = VendorCall(context, [&] { return ReadBy(framework, {path.string()}); });
  if (!model && aside) {
    return std::unexpected(WithoutPath(model.error(), path, parts.model.string()));
  }
  return model;
}

Result<VendorModel> ReadSuffixed(const ModelLayout::Memory& parts, Encoding encoding,
                                 const std::optional<fs::path>& temporary_dir,
                                 std::string_view context) {
  const auto [framework, suffix] = SuffixedReader(encoding);
  auto directory = PrivateDirectory::Make(temporary_dir);
  if (!directory) return std::unexpected(directory.error());
  const auto path = directory->Write("model" + suffix, *parts.model);
  if (!path) return std::unexpected(path.error());
  auto model = VendorCall(context, [&] { return ReadBy(framework, {path->string()}); });
  if (!model) return std::unexpected(WithoutPath(model.error(), *path, "the model"));
  return model;
}

Result<VendorModel> Read(const ModelLayout& layout, const std::optional<fs::path>& temporary_dir,
                         std::string_view context) {
  return std::visit(
      [&](const auto& parts) -> Result<VendorModel> {
        using Parts = std::remove_cvref_t<decltype(parts)>;
        if (layout.encoding == Encoding::kOpenVino) return ReadIr(parts, context);
        if (layout.encoding != Encoding::kOnnx) {
          return ReadSuffixed(parts, layout.encoding, temporary_dir, context);
        }
        if constexpr (std::is_same_v<Parts, ModelLayout::Files>) {
          return VendorCall(context, [&] { return ReadBy("onnx", {parts.model.string()}); });
        } else {
          return VendorCall(context, [&] { return ReadOnnx(parts); });
        }
      },
      layout.parts);
}

}  // namespace

Result<VendorModel> ReadModel(const ModelLayout& layout,
                              const std::optional<fs::path>& temporary_dir) {
  const std::string context = fmt::format("OpenVINO can't read {}", layout.name);
  auto model = Read(layout, temporary_dir, context);
  if (model && *model == nullptr) {
    return Fail(ErrorCode::kInvalidEncoding, "{}: its reader of the encoding {} does not take it",
                context, EncodingName(layout.encoding));
  }
  if (!model) return model;
  auto checked = VendorCall(context, [&] { return CheckConstants(**model, layout.name); });
  if (!checked) return Fail(std::move(checked));
  return model;
}

}  // namespace namesake::openvino
