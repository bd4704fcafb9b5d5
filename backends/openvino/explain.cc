#include "backend_openvino/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend_openvino/model_content.h"
#include "backend_openvino/runtime.h"
#include "backend_openvino/vendor_text.h"
#include "base/fail.h"
#include "base/text.h"
#include "graph/ir_check.h"
#include "graph/onnx_outline.h"
#include "graph/signature_choice.h"
#include "graph/tflite_signatures.h"

namespace namesake::openvino {
namespace {

using Bytes = std::span<const std::byte>;

// Shortens "2026.4.1-22982-e213a147257-releases/2026/4" to "2026.4.1". A model may contain any
// text.
std::string ShortVersion(std::string_view version) {
  constexpr std::size_t kMaxBytes = 32;
  return base::Printable(version.substr(0, std::min(version.find('-'), kMaxBytes)));
}

constexpr std::string_view kUnconverted = "it has operations that OpenVINO does not convert";

// Appends the remedy to the refusal, and for guests a reason in Namesake's words instead of
// OpenVINO's.
Error WithReason(const Error& refusal, std::string_view reason, std::string_view remedy) {
  return Error(refusal.code(), fmt::format("{}: {}{}", refusal.message(), reason, remedy),
               fmt::format("{}{}", refusal.detail(), remedy));
}

// ---- OpenVINO IR

// The versions that ReadIr accepts. OpenVINO has written them since 2020.
constexpr std::uint64_t kOldestIr = 10;
constexpr std::uint64_t kNewestIr = 11;

std::string NewerRemedy(const graph::IrOrigin& origin) {
  const std::string writer =
      origin.writer.empty() ? ""
                            : fmt::format("OpenVINO {} wrote it: ", ShortVersion(origin.writer));
  return fmt::format("{}convert the model with OpenVINO {} or older, or use a newer Namesake",
                     writer, ShortVersion(VendorVersion()));
}

std::optional<Error> ExplainIrVersion(const graph::IrOrigin& origin, const Wording& name) {
  const auto version = base::ParseDigits(origin.version);
  if (version && *version >= kOldestIr && *version <= kNewestIr) return std::nullopt;
  if (!version) {
    return Error(ErrorCode::kInvalidEncoding,
                 base::Worded("{} is an OpenVINO IR with the invalid version \"{}\"; convert "
                              "the model again",
                              name, base::Printable(origin.version)));
  }
  return Error(
      ErrorCode::kInvalidEncoding,
      base::Worded(
          "{} is an OpenVINO IR of version {}, but OpenVINO {} reads only versions {} and {}; {}",
          name, *version, ShortVersion(VendorVersion()), kOldestIr, kNewestIr,
          *version > kNewestIr ? NewerRemedy(origin) : "convert the model again"));
}

constexpr std::string_view kUnknownOpset = " from unsupported opset: ";
constexpr std::string_view kNotInOpset = " doesn't contain the operation with type: ";

// OpenVINO's own sets are named "opset1" and so on; those of its tokenizers, "extension".
bool IsOfAnExtension(std::string_view text) {
  const auto at = text.rfind(kUnknownOpset);
  if (at == std::string_view::npos) return false;
  return !text.substr(at + kUnknownOpset.size()).starts_with("opset");
}

std::optional<Error> ExplainIr(Bytes xml, const Wording& name, const Error& refusal) {
  const graph::IrOrigin origin = graph::ReadIrOrigin(xml);
  if (auto version = ExplainIrVersion(origin, name)) return version;
  const std::string& text = refusal.detail();
  if (IsOfAnExtension(text)) {
    constexpr std::string_view kRemedy =
        "; export the model without it, since Namesake loads no extensions";
    return Error(refusal.code(),
                 fmt::format("{}: it has an operation of an OpenVINO extension{}",
                             refusal.message(), kRemedy),
                 fmt::format("{}, which is an OpenVINO extension{}", text, kRemedy));
  }
  if (!text.contains(kUnknownOpset) && !text.contains(kNotInOpset)) return std::nullopt;
  return WithReason(refusal, "it has an operation that OpenVINO does not know",
                    fmt::format("; {}", NewerRemedy(origin)));
}

// ---- ONNX

// Returns the remedy for unconverted operations, by the domain of one of them.
std::string_view OperationsRemedy(std::string_view text) {
  if (text.contains(" com.microsoft.")) {
    return "com.microsoft operations are specific to ONNX Runtime: choose the backend onnxruntime, "
           "or export the model without its optimizations";
  }
  if (text.contains(" ai.onnx.ml.")) {
    return "ai.onnx.ml operations are not neural-network operations: choose the backend "
           "onnxruntime, or convert the model to tensor operations, for example with "
           "hummingbird-ml";
  }
  return "export the model without them";
}

// Finds a function of the model among the unconverted operations; null if there is none.
const std::string* UnconvertedFunction(const graph::OnnxOutline& outline, std::string_view text) {
  const auto found = std::ranges::find_if(outline.functions, [&](const std::string& function) {
    const std::string printable = base::Printable(function);
    return text.contains(fmt::format(" {},", printable)) ||
           text.contains(fmt::format(" {} and ", printable)) ||
           text.ends_with(fmt::format(" {}", printable));
  });
  return found == outline.functions.end() ? nullptr : &*found;
}

std::optional<Error> ExplainOnnx(Bytes model, const Wording& name, const Error& refusal) {
  const std::string& text = refusal.detail();
  const graph::OnnxOutline outline = graph::OutlineOnnx(model);
  if (!outline.ports.empty()) return graph::UnusablePort(name, outline.ports.front());
  if (text.ends_with(": Model can't be parsed") || refusal.code() == ErrorCode::kInvalidEncoding) {
    return Error(
        refusal.code(),
        base::Worded("{} is not an ONNX model, or is damaged or cut off; copy it again", name));
  }
  if (text.contains(kFailedConversion)) {
    return WithReason(refusal,
                      "OpenVINO does not convert one of its operations as it is used there",
                      "; the backend onnxruntime may read it");
  }
  if (!text.contains(kUnknownOperations)) return std::nullopt;
  if (UnconvertedFunction(outline, text) != nullptr) {
    return WithReason(refusal, kUnconverted,
                      "; these are local functions of the model, which OpenVINO does not inline: "
                      "choose the backend onnxruntime, or inline them with "
                      "onnx.inliner.inline_local_functions");
  }
  return WithReason(refusal, kUnconverted, fmt::format("; {}", OperationsRemedy(text)));
}

// ---- TensorFlow Lite

// The types of TensorFlow Lite's schema, by their numbers.
constexpr auto kTfliteTypes = std::to_array<std::string_view>(
    {"FLOAT32", "FLOAT16", "INT32", "UINT8", "INT64", "STRING", "BOOL", "INT16", "COMPLEX64",
     "INT8", "FLOAT64", "COMPLEX128", "UINT64", "RESOURCE", "VARIANT", "UINT32", "UINT16", "INT4",
     "BFLOAT16"});

// Names the type that OpenVINO does not read, and the first tensor that has it.
std::optional<Error> ExplainTfliteType(Bytes model, const Wording& name, std::string_view text) {
  constexpr std::string_view kUnexpected = ": Unexpected type: ";
  const auto at = text.rfind(kUnexpected);
  if (at == std::string_view::npos) return std::nullopt;
  const auto* const type = std::ranges::find(kTfliteTypes, text.substr(at + kUnexpected.size()));
  if (type == kTfliteTypes.end()) return std::nullopt;
  const std::string tensor =
      graph::FindTfliteTensor(model, static_cast<std::uint8_t>(type - kTfliteTypes.begin()));
  return Error(
      ErrorCode::kUnsupported,
      base::Worded("{}: its tensor {}has the type {}, which OpenVINO does not read from "
                   "TensorFlow Lite models; convert the model with another type for it",
                   name, tensor.empty() ? "" : fmt::format("\"{}\" ", base::Printable(tensor)),
                   *type));
}

std::optional<Error> ExplainTensorFlowLite(Bytes model, const Wording& name, const Error& refusal) {
  const std::string& text = refusal.detail();
  if (auto type = ExplainTfliteType(model, name, text)) return type;
  if (text.contains("FlatBuffer verification failed")) {
    return Error(ErrorCode::kRuntimeError,
                 base::Worded("{} is damaged or cut off; copy it again", name));
  }
  if (!text.contains(kUnknownOperations)) return std::nullopt;
  return WithReason(refusal, kUnconverted,
                    "; convert the model again with built-in TensorFlow Lite operations only");
}

// Formats the quoted keys: "a", "b" and 3 more.
std::string KeysOf(const std::vector<graph::TfliteSignature>& signatures) {
  constexpr std::size_t kShown = 5;
  std::vector<std::string> keys;
  for (const graph::TfliteSignature& signature : signatures) {
    if (keys.size() < kShown) keys.push_back(fmt::format("\"{}\"", base::Printable(signature.key)));
  }
  const std::string shown = fmt::to_string(fmt::join(keys, ", "));
  const std::size_t more = signatures.size() - keys.size();
  return more == 0 ? shown : fmt::format("{} and {} more", shown, more);
}

}  // namespace

std::string NoteOn(const ModelLayout& layout) {
  if (layout.encoding != Encoding::kTensorFlowLite) return "";
  std::vector<graph::TfliteSignature> unused =
      graph::ReadTfliteSignatures(ModelContent(layout).bytes());
  std::vector<graph::TfliteSignature> loaded;
  std::erase_if(unused, [&](const graph::TfliteSignature& signature) {
    if (signature.subgraph == 0) loaded.push_back(signature);
    return signature.subgraph == 0;
  });
  if (unused.empty()) return "";
  return fmt::format(
      "it is loaded by {}; the option {} chooses another: {}",
      loaded.empty() ? "no signature" : fmt::format("its signature {}", KeysOf({loaded.front()})),
      graph::kSignatureOption, KeysOf(unused));
}

Error Explain(const ModelLayout& layout, const Error& refusal) {
  const ModelContent content(layout);
  switch (layout.encoding) {
    case Encoding::kOpenVino:
      return ExplainIr(content.bytes(), layout.name, refusal).value_or(refusal);
    case Encoding::kOnnx:
      return ExplainOnnx(content.bytes(), layout.name, refusal).value_or(refusal);
    case Encoding::kTensorFlowLite:
      return ExplainTensorFlowLite(content.bytes(), layout.name, refusal).value_or(refusal);
    case Encoding::kTensorFlow:
      if (!refusal.detail().contains(kUnknownOperations)) return refusal;
      return WithReason(refusal, kUnconverted, "; export the model without them");
    default:
      return refusal;
  }
}

}  // namespace namesake::openvino
