// Detects the encoding of any bytes: no crash, no read beyond the content, and consistent answers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "graph/detect.h"
#include "graph/graph_def_check.h"
#include "graph/known_files.h"
#include "graph/onnx_outline.h"
#include "graph/proto_fields.h"
#include "graph/tflite_signatures.h"
#include "namesake/model.h"

namespace namesake {
namespace {

using Bytes = std::span<const std::byte>;

void Check(bool holds) {
  if (!holds) std::abort();
}

bool Has(const std::vector<Encoding>& found, Encoding encoding) {
  return std::ranges::find(found, encoding) != found.end();
}

// In a block of its exact size, so that the sanitizer finds a read beyond the end.
Blob MakeBlob(Bytes bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

void CheckLooks(Bytes content, const std::vector<Encoding>& found) {
  Check(std::ranges::is_sorted(found));
  Check(std::set(found.begin(), found.end()).size() == found.size());
  Check(found == graph::LooksLike(content));
  for (int i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    Check(Has(found, encoding) ==
          (graph::LikenessTo(encoding, content) == graph::Likeness::kLooks));
  }
  Check(!Has(found, Encoding::kAutodetect));
}

// An encoding detected from the beginning stays detected whatever follows. An archive is detected
// from its end.
void CheckTrailing(Bytes content, const std::vector<Encoding>& found) {
  for (const std::byte filler : {std::byte{0}, std::byte{'>'}, std::byte{0xFF}}) {
    std::vector<std::byte> longer(content.begin(), content.end());
    longer.insert(longer.end(), 16, filler);
    for (const Encoding encoding :
         {Encoding::kOpenVino, Encoding::kTensorFlowLite, Encoding::kGgml}) {
      Check(!Has(found, encoding) ||
            graph::LikenessTo(encoding, longer) == graph::Likeness::kLooks);
    }
    // An encoding that the first bytes rule out stays ruled out, except an IR, whose root may come
    // later.
    for (const Encoding encoding : {Encoding::kOnnx, Encoding::kTensorFlow, Encoding::kPyTorch}) {
      const bool begun = content.size() >= 16;
      Check(!begun || (graph::LikenessTo(encoding, content) == graph::Likeness::kNone) ==
                          (graph::LikenessTo(encoding, longer) == graph::Likeness::kNone));
    }
  }
}

// Empty content is never recognized, and both functions describe a failed download alike.
void CheckKnown(Bytes content) {
  const auto text = graph::KnownFileText(content);
  const auto failed = graph::FailedDownloadText(content);
  Check(failed.empty() || failed == text);
  Check(text.empty() || !content.empty());
}

// Explanations accept any content.
void CheckOutlines(Bytes content) {
  Check(graph::ReadTfliteSignatures(content).size() <= graph::kMaxTfliteSignatures);
  const graph::OnnxOutline outline = graph::OutlineOnnx(content);
  Check(outline.functions.size() <= graph::kMaxOnnxOutlined &&
        outline.ports.size() <= graph::kMaxOnnxOutlined);
  Check(!graph::IsWholeGraphDef(content) ||
        graph::LikenessTo(Encoding::kTensorFlow, content) != graph::Likeness::kNone ||
        graph::FirstTag(content) != graph::ProtoTag{.number = 1, .type = graph::WireType::kBytes});
}

void CheckDetection(const Blob& content, const std::vector<Encoding>& found) {
  const auto detect = [](std::vector<Blob> parts) {
    return graph::DetectEncoding({.source = ModelBytes{std::move(parts)}, .options = {}});
  };
  const auto one = detect({content});
  Check(one.has_value() == (found.size() == 1));
  if (one) Check(*one == found.front());
  const bool empty = content->empty();
  if (!one) {
    Check(one.error().code() ==
          (empty ? ErrorCode::kInvalidArgument : ErrorCode::kInvalidEncoding));
    Check(!one.error().message().empty());
  }
  for (const Blob& second : {content, MakeBlob({})}) {
    const auto two = detect({content, second});
    Check(two.has_value() == Has(found, Encoding::kOpenVino));
    if (two) Check(*two == Encoding::kOpenVino);
  }
}

}  // namespace
}  // namespace namesake

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const namesake::Blob content = namesake::MakeBlob(std::as_bytes(std::span(data, size)));
  const auto found = namesake::graph::LooksLike(*content);
  namesake::CheckLooks(*content, found);
  namesake::CheckKnown(*content);
  namesake::CheckOutlines(*content);
  namesake::CheckTrailing(*content, found);
  namesake::CheckDetection(content, found);
  return 0;
}
