#include "backend_openvino/onnx_scan.h"

#include <gtest/gtest.h>

#include "openvino/support.h"

namespace namesake::openvino {
namespace {

std::string Field(unsigned number, const std::string& payload) {
  std::string length;
  for (std::size_t rest = payload.size(); true; rest >>= 7) {
    length += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
    if (rest <= 0x7F) break;
  }
  std::string tag;
  const unsigned value = number << 3 | 2;
  if (value > 0x7F) tag += static_cast<char>((value & 0x7F) | 0x80);
  tag += static_cast<char>(value > 0x7F ? value >> 7 : value);
  return tag + length + payload;
}

std::string ExternalTensor(const std::string& location) {
  return Field(13, Field(1, "location") + Field(2, location));
}

std::optional<OnnxScan> Scan(const std::string& bytes) { return ScanOnnx(*MakeBlob(bytes)); }

// A model's graph, one of whose nodes has the attribute.
std::string NodeWith(const std::string& attribute) {
  return Field(7, Field(1, Field(5, attribute)));
}

TEST(OnnxScan, FindsExternalTensorsWhereverTheyHide) {
  const std::string tensor = ExternalTensor("weights");
  const std::vector<std::string> models = {
      Field(7, Field(5, tensor)),                                           // an initializer
      Field(7, Field(15, Field(1, tensor))),                                // a sparse one's values
      Field(7, Field(15, Field(2, tensor))),                                // its indices
      NodeWith(Field(5, tensor)),                                           // a tensor attribute
      NodeWith(Field(10, tensor)),                                          // a list of tensors
      NodeWith(Field(6, Field(5, tensor))),                                 // in a subgraph
      NodeWith(Field(11, Field(1, Field(5, Field(6, Field(5, tensor)))))),  // in a deeper one
      NodeWith(Field(22, Field(1, tensor))),                                // sparse attributes
      NodeWith(Field(23, Field(2, tensor))),
      Field(25, Field(7, Field(5, Field(5, tensor)))),  // in a function
      Field(25, Field(11, Field(5, tensor))),           // in its defaults
      Field(20, Field(1, Field(5, tensor))),            // in training
  };
  for (const std::string& model : models) {
    const auto scan = Scan(model);
    ASSERT_TRUE(scan.has_value());
    EXPECT_TRUE(scan->has_external_data);
    EXPECT_EQ(scan->locations, std::vector<std::string>{"weights"});
  }
}

TEST(OnnxScan, ALocationWithoutANameCountsToo) {
  // data_location = EXTERNAL and no entry.
  const auto scan = Scan(Field(7, Field(5, std::string("\x70\x01", 2))));
  ASSERT_TRUE(scan.has_value());
  EXPECT_TRUE(scan->has_external_data);
  EXPECT_TRUE(scan->locations.empty());
}

TEST(OnnxScan, OtherTextThatSaysLocationIsNone) {
  const auto scan = Scan(Field(7, Field(1, Field(3, "location") + Field(4, "location"))));
  ASSERT_TRUE(scan.has_value());
  EXPECT_FALSE(scan->has_external_data);
}

TEST(OnnxScan, RealModelsAreWellFormed) {
  for (const Path& path : {ExampleModel("efficientnet-lite0.onnx"),
                           PackagedModel("magika/magika/models/standard_v3_3/model.onnx"),
                           PackagedModel("silero_vad/silero_vad/data/silero_vad.onnx")}) {
    const auto scan = ScanOnnx(*ReadBlob(path));
    ASSERT_TRUE(scan.has_value()) << path;
    EXPECT_FALSE(scan->has_external_data);
  }
  const auto scan = ScanOnnx(*ReadBlob(TinyModel("external.onnx")));
  ASSERT_TRUE(scan.has_value());
  EXPECT_EQ(scan->locations, std::vector<std::string>{"external.weights"});
}

TEST(OnnxScan, MalformedBytesAreRefused) {
  const std::string tensor = ExternalTensor("weights");
  const std::string model = Field(7, Field(5, tensor));
  for (std::size_t size = 1; size < model.size(); ++size) {
    EXPECT_FALSE(Scan(model.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(Scan(std::string(1, '\0')).has_value());                        // field 0
  EXPECT_FALSE(Scan("\x0b").has_value());                                      // a group
  EXPECT_FALSE(Scan(std::string(11, '\xff')).has_value());                     // an endless number
  EXPECT_FALSE(Scan("\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f").has_value());  // a huge length
  std::string deep;
  for (int i = 0; i < 200; ++i) deep = Field(1, Field(5, Field(6, deep)));
  EXPECT_FALSE(Scan(Field(7, deep)).has_value());
}

}  // namespace
}  // namespace namesake::openvino
