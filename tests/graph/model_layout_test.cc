// The parts that a model may have and the files that it may name, checked before a backend's
// library sees it.
#include "namesake/model_layout.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "support/onnx_bytes.h"
#include "support/temp_dir.h"

namespace namesake {
namespace {

namespace fs = std::filesystem;
using test::ExternalTensor;
using test::Field;

Blob MakeBlob(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
}

Model BytesOf(Encoding encoding, std::vector<std::string_view> parts) {
  ModelBytes bytes;
  for (const std::string_view part : parts) bytes.parts.push_back(MakeBlob(part));
  return {.encoding = encoding, .source = std::move(bytes)};
}

std::string Entry(const std::string& key, const std::string& value) {
  return Field(13, Field(1, key) + Field(2, value));
}

// Has a version and one node, so that it is recognized as ONNX.
std::string Onnx(const std::string& tensor = "") {
  return "\x08\x08" +
         Field(7, Field(1, Field(4, "Relu")) + (tensor.empty() ? "" : Field(5, tensor)));
}

class Layout : public testing::Test {
 protected:
  Result<ModelLayout> OfFile(const fs::path& path, Encoding encoding = Encoding::kOnnx) const {
    return CheckLayout({.encoding = encoding, .source = ModelFiles{.paths = {path}}});
  }
  fs::path WriteOnnx(const std::string& tensor) const {
    return dir_.Write("m/model.onnx", Onnx(tensor));
  }
  void ExpectRefused(const Result<ModelLayout>& layout, ErrorCode code,
                     const std::string& detail) const {
    ASSERT_FALSE(layout.has_value());
    EXPECT_EQ(layout.error().code(), code);
    EXPECT_EQ(layout.error().detail(), detail);
    EXPECT_FALSE(layout.error().message().contains(dir_.path().string()))
        << layout.error().message();
  }

  test::TempDir dir_;
};

TEST_F(Layout, CompanionsArePartsOfTheModel) {
  const fs::path model = WriteOnnx(ExternalTensor("deep/w") + Entry("length", "10"));
  const fs::path weights = dir_.Write("m/deep/w", "ten bytes.");
  const auto layout = OfFile(model);
  ASSERT_TRUE(layout.has_value()) << layout.error().detail();
  const auto& files = std::get<ModelLayout::Files>(layout->parts);
  EXPECT_EQ(files.model, model);
  EXPECT_EQ(files.companions, std::vector{weights});
  EXPECT_EQ(layout->bytes, fs::file_size(model) + 10);
  EXPECT_EQ(layout->name, Wording("the model", model.string()));
}

TEST_F(Layout, TensorsLieWithinTheirFile) {
  dir_.Write("m/w", "ten bytes.");
  const auto refused = [&](const std::string& range) {
    const fs::path model = WriteOnnx(ExternalTensor("w") + range);
    ExpectRefused(OfFile(model), ErrorCode::kRuntimeError,
                  model.string() + " refers to weights beyond the end of " +
                      (dir_.path() / "m/w").string() + ", which has 10 bytes; copy both again");
  };
  refused(Entry("length", "11"));
  refused(Entry("offset", "11"));
  refused(Entry("offset", "7") + Entry("length", "4"));
  // Before the file's start, through a sum that wraps to 0.
  refused(Entry("offset", "18446744073709551612") + Entry("length", "8"));
  EXPECT_TRUE(OfFile(WriteOnnx(ExternalTensor("w") + Entry("offset", "7") + Entry("length", "3"))));
}

TEST_F(Layout, ATensorWhosePlaceIsNoNumberIsNamed) {
  const fs::path weights = dir_.Write("m/w", "ten bytes.");
  const auto refused = [&](const std::string& range, const std::string& message) {
    const fs::path model = WriteOnnx(Field(8, "bias\n") + ExternalTensor("w") + range);
    ExpectRefused(OfFile(model), ErrorCode::kRuntimeError,
                  model.string() + ": the tensor \"bias\\x0a\" has the " + message + " in " +
                      weights.string() + ", which is not a 64-bit number; save the model again");
  };
  refused(Entry("offset", "-4") + Entry("length", "8"), "offset \"-4\"");
  refused(Entry("length", "99999999999999999999"), "length \"99999999999999999999\"");
  refused(Entry("offset", std::string(500, 'x')), "offset \"" + std::string(100, 'x') + "\"");
}

TEST_F(Layout, FilesLieBeneathTheModelsFolder) {
  dir_.Write("w", "ten bytes.");
  for (const std::string location : {"../w", "/etc/passwd", "a/../../w", ""}) {
    const fs::path model = WriteOnnx(ExternalTensor(location));
    ExpectRefused(OfFile(model), ErrorCode::kRuntimeError,
                  model.string() + " stores weights in \"" + location +
                      "\", which is outside its directory; save the model with its weights beside "
                      "it");
  }
  const fs::path model = WriteOnnx(ExternalTensor("*/_ORT_MEM_ADDR_/*"));
  ExpectRefused(OfFile(model), ErrorCode::kSecurity,
                model.string() +
                    " stores weights in \"*/_ORT_MEM_ADDR_/*\", which refers to the host's own "
                    "memory; save the model with its weights beside it");
}

TEST_F(Layout, BytesKeepTheirWeightsWithin) {
  for (const std::string& tensor : {ExternalTensor("w"), ExternalTensor("*/_ORT_MEM_ADDR_/*"),
                                    Entry("offset", "1"), std::string("\x70\x01", 2)}) {
    const std::string onnx = Onnx(tensor);
    ExpectRefused(CheckLayout(BytesOf(Encoding::kOnnx, {onnx})), ErrorCode::kInvalidArgument,
                  "a model of " + std::to_string(onnx.size()) +
                      " bytes in memory stores weights in other files, which a model given as "
                      "bytes can't; save it with its weights inside, or register it by path");
  }
}

// The marks that other formats' readers look for may occur anywhere in a model: in names, comments
// and notes.
TEST_F(Layout, ContentOfAnotherEncodingIsRefusedWhateverStandsInIt) {
  const std::string marks = R"(<net name="x" version="11"> GGUF TFL3 PK)";
  const std::string onnx = Field(2, marks) + Onnx();
  const std::string graph_def = Field(1, Field(1, "x") + Field(2, "Placeholder") + Field(4, marks));
  const std::string xml = "\n<!-- GGUF TFL3 PK --><net name=\"\x08\x07\" version=\"11\"></net>";
  const std::string lite = std::string("\x08\0\0\0TFL3\0\0\0\0", 12) + marks;
  const std::string gguf = std::string("GGUF\x03\0\0\0", 8) + marks;
  const std::vector<std::pair<Encoding, std::string>> models = {{Encoding::kOpenVino, xml},
                                                                {Encoding::kOnnx, onnx},
                                                                {Encoding::kTensorFlow, graph_def},
                                                                {Encoding::kTensorFlowLite, lite},
                                                                {Encoding::kGgml, gguf}};
  for (const auto& [own, content] : models) {
    EXPECT_TRUE(CheckLayout(BytesOf(own, {content}))) << EncodingName(own);
    for (int i = 0; i < kEncodingCount; ++i) {
      const auto declared = static_cast<Encoding>(i);
      if (declared == own || declared == Encoding::kAutodetect) continue;
      const auto layout = CheckLayout(BytesOf(declared, {content}));
      ASSERT_FALSE(layout.has_value()) << EncodingName(own) << " as " << EncodingName(declared);
      EXPECT_EQ(layout.error().code(), ErrorCode::kInvalidEncoding);
      EXPECT_TRUE(layout.error().detail().ends_with("; set its encoding to " +
                                                    std::string(EncodingName(own))))
          << layout.error().detail();
    }
  }
}

TEST_F(Layout, ATensorFlowGraphIsWhole) {
  const std::string graph = Field(1, Field(1, "x") + Field(2, "Placeholder"));
  const std::string damage = " is not a TensorFlow graph, or is damaged or cut off; copy it again";
  for (const std::string& other :
       {graph + Field(1, Field(1, "y") + Field(2, "Relu") + Field(4, "\xff")),
        Field(1, Field(1, "x") + Field(2, "Placeholder") + Field(6, "\x0a\x7f")),
        graph.substr(0, graph.size() - 1)}) {
    const fs::path file = dir_.Write("graph.pb", other);
    ExpectRefused(OfFile(file, Encoding::kTensorFlow), ErrorCode::kRuntimeError,
                  file.string() + damage);
    ExpectRefused(CheckLayout(BytesOf(Encoding::kTensorFlow, {other})), ErrorCode::kRuntimeError,
                  "a model of " + std::to_string(other.size()) + " bytes in memory" + damage);
  }
}

TEST_F(Layout, WeightsOfAnIrAreBesideItOrNamed) {
  const std::string xml =
      R"(<net version="11"><layer type="Const"><data element_type="u8" shape="4" offset="3" )"
      R"(size="4"/></layer></net>)";
  const fs::path model = dir_.Write("m/net.xml", xml);
  ExpectRefused(OfFile(model, Encoding::kOpenVino), ErrorCode::kRuntimeError,
                model.string() + " has weights, but " + (dir_.path() / "m/net.bin").string() +
                    " does not exist; put the .bin beside the .xml or give both paths");
  const fs::path weights = dir_.Write("m/net.bin", "weights");
  const auto layout = OfFile(model, Encoding::kOpenVino);
  ASSERT_TRUE(layout.has_value()) << layout.error().detail();
  EXPECT_EQ(std::get<ModelLayout::Files>(layout->parts).companions, std::vector{weights});
  dir_.Write("m/net.bin", "short");
  ExpectRefused(OfFile(model, Encoding::kOpenVino), ErrorCode::kRuntimeError,
                model.string() + " refers to weights beyond the end of " + weights.string() +
                    ", which has 5 of 7 bytes; copy both again");
  ExpectRefused(
      CheckLayout(BytesOf(Encoding::kOpenVino, {xml, "short"})), ErrorCode::kInvalidArgument,
      "the OpenVINO IR refers to weights beyond the end of its second part, which has 5 of 7 "
      "bytes");
}

}  // namespace
}  // namespace namesake
