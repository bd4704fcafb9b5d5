#include "graph/onnx_scan.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "support/onnx_bytes.h"

namespace namesake {
namespace {

using test::ExternalTensor;
using test::Field;
using test::OnnxWith;

std::optional<graph::OnnxScan> Scan(const std::string& bytes) {
  return graph::ScanOnnx(std::as_bytes(std::span(bytes)));
}

std::optional<graph::OnnxScan> ScanFile(const std::string& path) {
  const auto file = base::MappedFile::Open(NAMESAKE_SOURCE_DIR "/" + path);
  return file ? graph::ScanOnnx(file->bytes()) : std::nullopt;
}

// A model whose graph has a node with this attribute.
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
  // data_location = EXTERNAL, but no entry.
  const auto scan = Scan(Field(7, Field(5, std::string("\x70\x01", 2))));
  ASSERT_TRUE(scan.has_value());
  EXPECT_TRUE(scan->has_external_data);
  EXPECT_EQ(scan->locations, std::vector<std::string>{""});
}

std::string Entry(const std::string& key, const std::string& value) {
  return Field(13, Field(1, key) + Field(2, value));
}

std::uint64_t NeededBytes(const std::vector<std::string>& tensors) {
  std::string fields;
  for (const std::string& tensor : tensors) fields += Field(5, tensor);
  const auto scan = Scan(Field(7, fields));
  return scan ? scan->needed_bytes.at(0) : 0;
}

TEST(OnnxScan, WhatTensorsNeedOfAFileIsTheFarthestEnd) {
  const std::string file = ExternalTensor("w");
  EXPECT_EQ(NeededBytes({file}), 0U);
  EXPECT_EQ(NeededBytes({file + Entry("offset", "8")}), 8U);
  EXPECT_EQ(NeededBytes({file + Entry("length", "4") + Entry("offset", "8")}), 12U);
  EXPECT_EQ(NeededBytes({file + Entry("offset", "8"), file + Entry("length", "20"), file}), 20U);
}

TEST(OnnxScan, NumbersThatReadersTakeForOthersAreBeyondAllFiles) {
  constexpr std::uint64_t kBeyond = UINT64_MAX;
  const std::string file = ExternalTensor("w");
  for (const char* number : {"-1", "+1", " 1", "1 ", "0x10", "1e3", "", "18446744073709551616"}) {
    EXPECT_EQ(NeededBytes({file + Entry("offset", number)}), kBeyond) << number;
    EXPECT_EQ(NeededBytes({file + Entry("length", number)}), kBeyond) << number;
  }
  // The sum would wrap to 0.
  EXPECT_EQ(NeededBytes({file + Entry("offset", "18446744073709551612") + Entry("length", "8")}),
            kBeyond);
}

// Protocol Buffers merges repeated occurrences of a singular message. If each held half of a
// location, checking them one by one would miss it.
TEST(OnnxScan, WhatAReaderWouldMergeIsRefused) {
  const std::string file = ExternalTensor("w");
  const std::string offset = Entry("offset", "8");
  const std::vector<std::string> models = {
      Field(7, Field(5, file)) + Field(7, Field(5, file)),  // two graphs
      NodeWith(Field(5, file) + Field(5, offset)),          // two values of one attribute
      NodeWith(Field(6, Field(5, file)) + Field(6, "")),    // two graphs of one
      NodeWith(Field(22, Field(1, file)) + Field(22, Field(1, offset))),
      NodeWith(Field(23, Field(1, file) + Field(1, offset))),
      Field(7, Field(5, file + file)),  // two locations of one tensor
      Field(7, Field(5, file + offset + offset)),
  };
  for (const std::string& model : models) EXPECT_FALSE(Scan(model).has_value());
}

TEST(OnnxScan, OtherTextThatSaysLocationIsNone) {
  const auto scan = Scan(Field(7, Field(1, Field(3, "location") + Field(4, "location"))));
  ASSERT_TRUE(scan.has_value());
  EXPECT_FALSE(scan->has_external_data);
}

TEST(RenameOnnxFiles, ChangesNothingButTheNames) {
  const auto rename = [](std::string_view name) { return "blobs/" + std::string(name) + "-long"; };
  const auto renamed = [&](const std::string& model) {
    const auto bytes = graph::RenameOnnxFiles(std::as_bytes(std::span(model)), rename);
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const std::string name = Field(2, "a producer");
  const std::string node = Field(1, Field(4, "Relu") + Field(5, Field(5, ExternalTensor("in"))));
  EXPECT_EQ(renamed(name + Field(7, node + Field(5, ExternalTensor("w")) + Field(2, "graph"))),
            name + Field(7, Field(1, Field(4, "Relu") +
                                         Field(5, Field(5, ExternalTensor("blobs/in-long")))) +
                                Field(5, ExternalTensor("blobs/w-long")) + Field(2, "graph")));
  EXPECT_EQ(renamed(name + Field(7, Field(2, "graph"))), name + Field(7, Field(2, "graph")));
}

TEST(OnnxScan, RealModelsAreWellFormed) {
  const auto whole = ScanFile("examples/models/efficientnet-lite0.onnx");
  ASSERT_TRUE(whole.has_value());
  EXPECT_FALSE(whole->has_external_data);
  const auto split = ScanFile("tests/data/models/external.onnx");
  ASSERT_TRUE(split.has_value());
  EXPECT_EQ(split->locations, std::vector<std::string>{"external.weights"});
}

TEST(OnnxScan, MoreOrLongerLocationsThanAnyModelHasAreRefused) {
  EXPECT_TRUE(Scan(OnnxWith({std::string(graph::kMaxOnnxLocationBytes, 'w')})).has_value());
  EXPECT_FALSE(Scan(OnnxWith({std::string(graph::kMaxOnnxLocationBytes + 1, 'w')})).has_value());
  std::vector<std::string> locations;
  for (std::size_t i = 0; i < graph::kMaxOnnxLocations; ++i) locations.push_back(std::to_string(i));
  // Any number of tensors may share one name.
  locations.emplace_back("0");
  const auto scan = Scan(OnnxWith(locations));
  ASSERT_TRUE(scan.has_value());
  EXPECT_EQ(scan->locations.size(), graph::kMaxOnnxLocations);
  locations.emplace_back("one more");
  EXPECT_FALSE(Scan(OnnxWith(locations)).has_value());
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
}  // namespace namesake
