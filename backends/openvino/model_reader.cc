#include "backend_openvino/model_reader.h"

#include <fmt/format.h>

#include <filesystem>
#include <istream>
#include <openvino/frontend/manager.hpp>
#include <optional>
#include <span>
#include <spanstream>
#include <string>

#include "backend_openvino/private_directory.h"
#include "backend_openvino/vendor_call.h"
#include "base/text.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;
using VendorModel = std::shared_ptr<ov::Model>;

// Core::read_model would try every reader it has, load their libraries (50 to 80 ms for what is not
// IR) and take whichever accepts the bytes; the encoding is known here. `what` is what the reader
// takes: a path or a stream.
VendorModel ReadBy(const std::string& framework, const ov::Any& what) {
  ov::frontend::FrontEndManager manager;
  const auto reader = manager.load_by_framework(framework);
  // The last argument has weights mapped rather than read.
  const auto input = reader->load(ov::AnyVector{what, true});
  return input ? reader->convert(input) : nullptr;
}

// Core::read_model does what the reader of IR alone does not: it brings IR of version 10 up to
// date, as importing a compiled form also does. It costs no more, because its first guess is IR.
VendorModel ReadIr(ov::Core& core, const PathParts& parts) {
  const std::string weights = parts.weights.empty() ? "" : parts.weights[0].string();
  return core.read_model(parts.model.string(), weights);
}

VendorModel ReadIr(ov::Core& core, const MemoryParts& parts) {
  const std::string xml(reinterpret_cast<const char*>(parts.model->data()), parts.model->size());
  if (!parts.weights || parts.weights->empty()) return core.read_model(xml, ov::Tensor());
  const void* const data = parts.weights->data();
  return core.read_model(xml, ov::Tensor(ov::element::u8, {parts.weights->size()}, data));
}

VendorModel ReadOnnx(const MemoryParts& parts) {
  const std::span bytes(reinterpret_cast<const char*>(parts.model->data()), parts.model->size());
  std::ispanstream stream(bytes);
  return ReadBy("onnx", static_cast<std::istream*>(&stream));
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

Result<VendorModel> ReadSuffixed(const PathParts& parts, Encoding encoding,
                                 std::string_view context) {
  const auto [framework, suffix] = SuffixedReader(encoding);
  fs::path path = parts.model;
  std::optional<PrivateDirectory> aside;
  if (path.extension() != suffix && !fs::is_directory(path)) {
    auto directory = PrivateDirectory::Make();
    if (!directory) return std::unexpected(directory.error());
    auto link = aside.emplace(*std::move(directory)).Link("model" + suffix, path);
    if (!link) return std::unexpected(link.error());
    path = *std::move(link);
  }
  auto model = VendorCall(context, [&] { return ReadBy(framework, path.string()); });
  if (!model && aside) {
    return std::unexpected(WithoutPath(model.error(), path, parts.model.string()));
  }
  return model;
}

Result<VendorModel> ReadSuffixed(const MemoryParts& parts, Encoding encoding,
                                 std::string_view context) {
  const auto [framework, suffix] = SuffixedReader(encoding);
  auto directory = PrivateDirectory::Make();
  if (!directory) return std::unexpected(directory.error());
  const auto path = directory->Write("model" + suffix, *parts.model);
  if (!path) return std::unexpected(path.error());
  auto model = VendorCall(context, [&] { return ReadBy(framework, path->string()); });
  if (!model) return std::unexpected(WithoutPath(model.error(), *path, "the model"));
  return model;
}

Result<VendorModel> Read(ov::Core& core, const ModelSource& source, std::string_view context) {
  return std::visit(
      [&](const auto& parts) -> Result<VendorModel> {
        using Parts = std::remove_cvref_t<decltype(parts)>;
        if (source.encoding == Encoding::kOpenVino) {
          return VendorCall(context, [&] { return ReadIr(core, parts); });
        }
        if (source.encoding != Encoding::kOnnx) {
          return ReadSuffixed(parts, source.encoding, context);
        }
        if constexpr (std::is_same_v<Parts, PathParts>) {
          return VendorCall(context, [&] { return ReadBy("onnx", parts.model.string()); });
        } else {
          return VendorCall(context, [&] { return ReadOnnx(parts); });
        }
      },
      source.parts);
}

}  // namespace

Result<VendorModel> ReadModel(ov::Core& core, const ModelSource& source) {
  const std::string context = fmt::format("OpenVINO can't read {}", source.name);
  auto model = Read(core, source, context);
  if (model && *model == nullptr) {
    return std::unexpected(
        Error(ErrorCode::kRuntimeError, context + ": its reader does not take it"));
  }
  return model;
}

}  // namespace namesake::openvino
