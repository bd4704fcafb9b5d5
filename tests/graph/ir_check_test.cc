#include "graph/ir_check.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "support/matchers.h"

namespace namesake {
namespace {

using test::Fails;
using test::FailsInDetail;
using test::IsOk;

Result<graph::IrScan> Scan(const std::string& xml) {
  return graph::ScanIr(std::as_bytes(std::span(xml)), "m");
}

// A network with one constant.
std::string Net(const std::string& data, const std::string& type = "Const") {
  return R"(<?xml version="1.0"?><net name="n" version="11"><layers><layer id="0" name="c" type=")" +
         type + "\">" + data + "</layer></layers></net>";
}

std::string Data(std::string_view type, std::string_view shape, std::string_view size,
                 std::string_view offset = "0") {
  return "<data element_type=\"" + std::string(type) + "\" shape=\"" + std::string(shape) +
         "\" offset=\"" + std::string(offset) + "\" size=\"" + std::string(size) + "\"/>";
}

std::string Misfit(const std::string& what) {
  return "m has a constant " + what +
         "; no converter writes such an IR, so convert the model again";
}

TEST(ScanIr, SaysHowManyBytesOfWeightsThereAre) {
  const auto none = Scan(Net("", "Parameter"));
  ASSERT_THAT(none, IsOk());
  EXPECT_FALSE(none->has_weights);
  const auto some = Scan(
      Net(Data("f32", "2,3", "24", "8") + "</layer><layer type=\"Const\">" + Data("i64", "", "8")));
  ASSERT_THAT(some, IsOk());
  EXPECT_TRUE(some->has_weights);
  EXPECT_EQ(some->needed_bytes, 32U);
}

TEST(ScanIr, TakesWhatConvertersWrite) {
  for (const auto& [type, shape, size] : {std::tuple("f32", "1, 3,224,224", "602112"),
                                          {"u4", "3", "2"},
                                          {"u1", "9", "2"},
                                          {"f16", "0,4", "0"},
                                          {"boolean", "2", "2"},
                                          {"FP32", "1", "4"},
                                          {"nf4", "4", "2"},
                                          {"i8", "4", "100"}}) {
    EXPECT_THAT(Scan(Net(Data(type, shape, size))), IsOk()) << type << " " << shape;
  }
  // Attributes such as a window's size.
  EXPECT_THAT(Scan(Net("<data alpha=\"1\" size=\"5\"/>", "LRN")), IsOk());
}

TEST(ScanIr, AConstantHasAsManyBytesAsItsShapeSays) {
  // In the second, the product is 2^64 + 256 bits.
  for (const auto& [type, shape] : {std::pair("u8", "33"),
                                    {"u8", "96076792050570582,48"},
                                    {"f32", "3,3"},
                                    {"u4", "65"},
                                    {"u1", "257"},
                                    {"u3", "81"},
                                    {"u6", "41"},
                                    {"u8", "18446744073709551615,18446744073709551615"},
                                    {"u8", "-1"},
                                    {"u8", "4294967296,4294967296"},
                                    {"u8", "1,,2"},
                                    {"u8", "?"},
                                    {"u8", "18446744073709551616"},
                                    {"u8", "0x10"},
                                    {"f64", "2305843009213693956"}}) {
    EXPECT_THAT(
        Scan(Net(Data(type, shape, "32"))),
        Fails(ErrorCode::kInvalidArgument, Misfit("with more elements than its 32 bytes hold")))
        << type << " " << shape;
  }
}

TEST(ScanIr, WhereverItStands) {
  const std::string bad = Data("u8", "33", "32");
  const std::string inner =
      "<body><layers><layer type=\"Const\">" + bad + "</layer></layers></body>";
  EXPECT_THAT(
      Scan(Net(inner, "TensorIterator")),
      Fails(ErrorCode::kInvalidArgument, Misfit("with more elements than its 32 bytes hold")));
}

TEST(ScanIr, AConstantHasOnePlaceAndNothingBeside) {
  const std::string good = Data("u8", "4", "4");
  for (const std::string& net : {Net(""), Net(good + good), Net("<data/>" + good)}) {
    EXPECT_THAT(Scan(net),
                Fails(ErrorCode::kInvalidArgument, Misfit("without exactly one data element")))
        << net;
  }
  EXPECT_THAT(Scan(Net(R"(<data element_type="u8" shape="4" value="ABCD"/>)")),
              Fails(ErrorCode::kInvalidArgument, Misfit("with both a value and a data location")));
  EXPECT_THAT(Scan(Net(R"(<data element_type="u8" shape="4" offset="0" size="4" value=""/>)")),
              Fails(ErrorCode::kInvalidArgument, Misfit("with both a value and a data location")));
  EXPECT_THAT(Scan(Net(R"(<data element_type="u8" shape="4"/>)")),
              Fails(ErrorCode::kInvalidArgument, Misfit("without exactly one offset")));
  EXPECT_THAT(Scan(Net(R"(<data element_type="u8" shape="1" shape="99" offset="0" size="1"/>)")),
              Fails(ErrorCode::kInvalidArgument, Misfit("without exactly one shape")));
  EXPECT_THAT(Scan(Net(good, "Constant")),
              Fails(ErrorCode::kInvalidArgument, Misfit("in a layer of type Constant")));
  EXPECT_THAT(Scan(Net(R"(<data element_type="u8" shape="1000"/>)", "CONST")),
              Fails(ErrorCode::kInvalidArgument, Misfit("in a layer of type CONST")));
}

TEST(ScanIr, NothingElseHasAPlaceInTheWeights) {
  const std::string end =
      ", which only constants may do; convert the model again with a newer OpenVINO";
  EXPECT_THAT(Scan(Net("<data offset=\"0\" size=\"4\"/>", "Parameter")),
              Fails(ErrorCode::kUnsupported, "m stores weights in <data>" + end));
  EXPECT_THAT(Scan("<net><pre-process><channel><mean offset=\"0\" size=\"32\"/></channel>"
                   "</pre-process></net>"),
              Fails(ErrorCode::kUnsupported, "m stores weights in <mean>" + end));
}

TEST(ScanIr, PlacesAreNumbers) {
  for (const auto& [size, offset] : {std::pair("32", "-1"),
                                     {"32", "0x0"},
                                     {"32", " 0"},
                                     {"", "0"},
                                     {"32", "18446744073709551600"}}) {
    EXPECT_THAT(Scan(Net(Data("u8", "1", size, offset))),
                Fails(ErrorCode::kInvalidArgument,
                      Misfit("whose offset or size in the weights is not a number")))
        << size << " " << offset;
  }
  EXPECT_THAT(Scan(Net(Data("u7", "1", "1"))),
              Fails(ErrorCode::kInvalidArgument, Misfit("of unknown type \"u7\"")));
}

TEST(ScanIr, ConstantsOfStringsAreNotLoaded) {
  EXPECT_THAT(Scan(Net(Data("string", "1000", "32"))),
              Fails(ErrorCode::kUnsupported,
                    "m has a constant of strings, which Namesake does not load; convert the model "
                    "without string constants"));
}

std::string Nested(int depth) {
  std::string open;
  std::string close;
  for (int i = 1; i < depth; ++i) {
    open += "<a>";
    close += "</a>";
  }
  return "<net>" + open + close + "</net>";
}

TEST(ScanIr, IsNestedNoDeeperThanAnyIs) {
  EXPECT_THAT(Scan(Nested(graph::kMaxIrDepth)), IsOk());
  EXPECT_THAT(
      Scan(Nested(graph::kMaxIrDepth + 1)),
      Fails(ErrorCode::kRuntimeError, "m nests elements more than 256 deep, which no IR does"));
  EXPECT_FALSE(Scan(Nested(100'000)));
}

TEST(ScanIr, IsADocumentOfUtf8) {
  EXPECT_THAT(Scan("<net><layers>"),
              Fails(ErrorCode::kRuntimeError, "m is damaged or cut off at byte 12; copy it again"));
  EXPECT_THAT(
      Scan("<net><layers>"),
      FailsInDetail(ErrorCode::kRuntimeError, testing::StartsWith("m is damaged or cut off: ")));
  for (const std::string& other :
       {std::string("\xff\xfe<\0n\0", 6), std::string("<net>\0</net>", 12),
        std::string("<net a=\"\xff\"/>")}) {
    EXPECT_THAT(Scan(other),
                Fails(ErrorCode::kRuntimeError, "m is not UTF-8, as an IR must be; copy it again"));
  }
}

TEST(ReadIrOrigin, TakesWhatTheFileSaysOfItself) {
  const auto read = [](std::string_view xml) {
    const graph::IrOrigin origin = graph::ReadIrOrigin(std::as_bytes(std::span(xml)));
    return origin.version + " by " + origin.writer;
  };
  EXPECT_EQ(read(R"(<net version="11"><rt_info><info name="a" value="1"/>)"
                 R"(<info name="OpenVINO Runtime" value="2026.4"/></rt_info></net>)"),
            "11 by 2026.4");
  EXPECT_EQ(read(R"(<net version="12"><rt_info><Runtime_version value="2"/></rt_info></net>)"),
            "12 by 2");
  EXPECT_EQ(read(R"(<net version="11"><rt_info><MO_version value="3"/></rt_info></net>)"),
            "11 by 3");
  EXPECT_EQ(read(R"(<net version="10"><meta_data><MO_version value="4"/></meta_data></net>)"),
            "10 by 4");
  EXPECT_EQ(read("<net/>"), " by ");
  EXPECT_EQ(read("<net version="), " by ");
  EXPECT_EQ(read(""), " by ");
}

}  // namespace
}  // namespace namesake
