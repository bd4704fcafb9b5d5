// Detection of encodings on any bytes: no crash, no read beyond the content, and answers that agree
// with each other.
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

// In a block of its own size, so that a read beyond it is found.
Blob MakeBlob(Bytes bytes) {
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

void CheckLooks(Bytes content, const std::vector<Encoding>& found) {
  Check(std::ranges::is_sorted(found));
  Check(std::set(found.begin(), found.end()).size() == found.size());
  Check(found == LooksLike(content));
  for (int i = 0; i < kEncodingCount; ++i) {
    const auto encoding = static_cast<Encoding>(i);
    Check(Has(found, encoding) == (LikenessTo(encoding, content) == Likeness::kLooks));
  }
  Check(!Has(found, Encoding::kAutodetect));
}

// An encoding found by the beginning stays found whatever follows; an archive goes by its end.
void CheckTrailing(Bytes content, const std::vector<Encoding>& found) {
  for (const std::byte filler : {std::byte{0}, std::byte{'>'}, std::byte{0xFF}}) {
    std::vector<std::byte> longer(content.begin(), content.end());
    longer.insert(longer.end(), 16, filler);
    for (const Encoding encoding :
         {Encoding::kOpenVino, Encoding::kTensorFlowLite, Encoding::kGgml}) {
      Check(!Has(found, encoding) || LikenessTo(encoding, longer) == Likeness::kLooks);
    }
    // An encoding that the first bytes rule out stays ruled out, an IR aside: its root may come
    // later.
    for (const Encoding encoding : {Encoding::kOnnx, Encoding::kTensorFlow, Encoding::kPyTorch}) {
      const bool begun = content.size() >= 16;
      Check(!begun || (LikenessTo(encoding, content) == Likeness::kNone) ==
                          (LikenessTo(encoding, longer) == Likeness::kNone));
    }
  }
}

// Only content is recognized, and a failed download as what it is elsewhere.
void CheckKnown(Bytes content) {
  const auto text = KnownFileText(content);
  const auto failed = FailedDownloadText(content);
  Check(failed.empty() || failed == text);
  Check(text.empty() || !content.empty());
}

// Explanations read any content.
void CheckOutlines(Bytes content) {
  Check(ReadTfliteSignatures(content).size() <= kMaxTfliteSignatures);
  const OnnxOutline outline = OutlineOnnx(content);
  Check(outline.functions.size() <= kMaxOnnxOutlined && outline.ports.size() <= kMaxOnnxOutlined);
  Check(!IsWholeGraphDef(content) ||
        LikenessTo(Encoding::kTensorFlow, content) != Likeness::kNone ||
        FirstTag(content) != ProtoTag{.number = 1, .type = WireType::kBytes});
}

void CheckDetection(const Blob& content, const std::vector<Encoding>& found) {
  const auto detect = [](std::vector<Blob> parts) {
    return DetectEncoding({.source = ModelBytes{std::move(parts)}, .options = {}});
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
  const auto found = namesake::LooksLike(*content);
  namesake::CheckLooks(*content, found);
  namesake::CheckKnown(*content);
  namesake::CheckOutlines(*content);
  namesake::CheckTrailing(*content, found);
  namesake::CheckDetection(content, found);
  return 0;
}
