// The one table that says which parts and files a model of each encoding has.
#include "graph/encoding_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::graph {
namespace {

using test::Fails;
using test::IsOk;
using testing::ElementsAre;

std::vector<Encoding> AllEncodings() {
  std::vector<Encoding> encodings;
  for (int i = 0; i < kEncodingCount; ++i) encodings.push_back(static_cast<Encoding>(i));
  return encodings;
}

// Returns the encodings for which `property` holds.
template <typename Property>
std::vector<Encoding> Those(Property property) {
  std::vector<Encoding> those = AllEncodings();
  std::erase_if(those, [&](Encoding encoding) { return !property(encoding); });
  return those;
}

TEST(EncodingLayout, EachEncodingHasARow) {
  for (const Encoding encoding : AllEncodings()) {
    const auto rows = LayoutsOf(encoding);
    if (encoding == Encoding::kAutodetect) {
      EXPECT_EQ(rows.size(), kEncodingCount - 1);
      continue;
    }
    ASSERT_EQ(rows.size(), 1) << EncodingName(encoding);
    EXPECT_EQ(rows.front().encoding, encoding);
  }
}

TEST(EncodingLayout, OpenVinoAloneHasTwoParts) {
  EXPECT_THAT(Those([](Encoding encoding) { return MaxParts(encoding) == 2; }),
              ElementsAre(Encoding::kOpenVino, Encoding::kAutodetect));
  EXPECT_EQ(Those([](Encoding encoding) { return MaxParts(encoding) == 1; }).size(),
            kEncodingCount - 2);
}

TEST(EncodingLayout, TensorFlowAloneMayBeADirectory) {
  EXPECT_THAT(Those(MayBeDirectory), ElementsAre(Encoding::kTensorFlow, Encoding::kAutodetect));
}

TEST(EncodingLayout, WeightsLieBesideAnIrAndWhereAnOnnxModelSays) {
  EXPECT_THAT(Those([](Encoding encoding) { return MayHave(encoding, Companions::kWeights); }),
              ElementsAre(Encoding::kOpenVino, Encoding::kAutodetect));
  EXPECT_THAT(Those([](Encoding encoding) { return MayHave(encoding, Companions::kNamed); }),
              ElementsAre(Encoding::kOnnx, Encoding::kAutodetect));
  EXPECT_EQ(WeightsBeside("a.d/m.xml"), "a.d/m.bin");
  EXPECT_EQ(WeightsBeside("a.d/m"), "a.d/m.bin");
}

TEST(EncodingLayout, ContentDecidesAboutCompanionsWhereTheEncodingIsToBeDetected) {
  const auto companions = [](Encoding encoding, std::string_view content) {
    return CompanionsOf(encoding, std::as_bytes(std::span(content)));
  };
  for (const char* xml : {"<net>", " \r\n\t<net>", "\xEF\xBB\xBF<net>", "\xFF\xFE<", "\xFE\xFF<"}) {
    EXPECT_EQ(companions(Encoding::kAutodetect, xml), Companions::kWeights) << xml;
    EXPECT_EQ(companions(Encoding::kOnnx, xml), Companions::kNamed) << xml;
    EXPECT_EQ(companions(Encoding::kTensorFlow, xml), Companions::kNone) << xml;
  }
  for (const char* other : {"", " ", "\x08\x08", "net"}) {
    EXPECT_EQ(companions(Encoding::kAutodetect, other), Companions::kNamed) << other;
    EXPECT_EQ(companions(Encoding::kOpenVino, other), Companions::kWeights) << other;
  }
}

TEST(EncodingLayout, AWrongNumberOfPartsIsToldWithTheRightOne) {
  for (const Encoding encoding : AllEncodings()) {
    EXPECT_FALSE(CheckPartCount(encoding, 0, "file"));
    EXPECT_THAT(CheckPartCount(encoding, 1, "file"), IsOk());
    EXPECT_EQ(CheckPartCount(encoding, 2, "file").has_value(), MaxParts(encoding) == 2);
    EXPECT_FALSE(CheckPartCount(encoding, 3, "file"));
  }
  const auto fails = [](std::string_view message) {
    return Fails(ErrorCode::kInvalidArgument, std::string(message));
  };
  EXPECT_THAT(CheckPartCount(Encoding::kOnnx, 2, "file"),
              fails("the encoding onnx takes 1 file, not 2"));
  EXPECT_THAT(CheckPartCount(Encoding::kOpenVino, 0, "part"),
              fails("the encoding openvino takes 1 or 2 (xml, bin) parts, not 0"));
  EXPECT_THAT(CheckPartCount(Encoding::kAutodetect, 3, "file"),
              fails("a model takes 1 or 2 (xml, bin) files, not 3"));
}

TEST(EncodingLayout, EachEncodingHasItsExtension) {
  std::vector<std::string_view> extensions;
  for (const Encoding encoding : AllEncodings()) extensions.push_back(FileExtension(encoding));
  EXPECT_THAT(extensions, ElementsAre(".xml", ".onnx", ".pb", ".pt", ".tflite", "", ""));
  for (const Encoding encoding : AllEncodings()) {
    const std::string name = GraphFileName(encoding);
    EXPECT_EQ(name.empty(), FileExtension(encoding).empty());
    if (name.empty()) continue;
    EXPECT_EQ(name, "model" + std::string(FileExtension(encoding)));
    EXPECT_EQ(EncodingByExtension("a.b/" + name), encoding);
    EXPECT_TRUE(IsGraphFileName("a/" + name));
  }
  EXPECT_EQ(EncodingByExtension("M.ONNX"), Encoding::kOnnx);
  for (const char* none : {"", "m", "onnx", "m.bin", "m.onnx/x", "m.", "m.gguf"}) {
    EXPECT_EQ(EncodingByExtension(none), std::nullopt) << none;
  }
  EXPECT_TRUE(IsGraphFileName("a/saved_model.pb"));
  for (const char* none : {"", "a/", "model", "a.onnx", "model.bin", "saved_model.pbtxt"}) {
    EXPECT_FALSE(IsGraphFileName(none)) << none;
  }
}

TEST(EncodingLayout, ADirectoryIsAModelByTheFileInIt) {
  const test::TempDir dir;
  const auto those = [&] {
    return Those([&](Encoding encoding) { return IsModelDirectory(dir.path(), encoding); });
  };
  EXPECT_TRUE(those().empty());
  dir.Write("model.pb", "");
  EXPECT_TRUE(those().empty());
  dir.Write("saved_model.pb", "");
  EXPECT_THAT(those(), ElementsAre(Encoding::kTensorFlow, Encoding::kAutodetect));
}

}  // namespace
}  // namespace namesake::graph
