#include "backend_openvino/vendor_text.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "backend_openvino/vendor_call.h"

namespace namesake::openvino {
namespace {

TEST(VendorText, KeepsTheWordsAndDropsTheSourceLines) {
  EXPECT_EQ(VendorText("Exception from src/inference/src/cpp/core.cpp:117:\n"
                       "Exception from src/inference/src/dev/plugin.cpp:54:\n"
                       "Check '!shape.rank().is_dynamic()' failed at src/plugins/node.cpp:108:\n"
                       "Unexpected: no   support for\tdynamic rank.\n\n\n"),
            "Unexpected: no support for dynamic rank.");
  EXPECT_EQ(VendorText("Check 'a' failed at src/x.cc:1:\nFrontEnd API failed with GeneralFailure:\n"
                       "Model can't be parsed\n"),
            "Model can't be parsed");
}

TEST(VendorText, LeavesOutTheStepsAndPlacesWithinLines) {
  EXPECT_EQ(VendorText("Check 'false' failed at src/frontend.cpp:47:\nLoading input model\n"
                       "Unsupported value_info type: p\n"),
            "Unsupported value_info type: p");
  EXPECT_EQ(VendorText("[TensorFlow Frontend] Internal error: no variable"), "no variable");
  EXPECT_EQ(VendorText("Opset 1: Exception from src/a.cpp:5:\nno such thing"),
            "Opset 1: no such thing");
}

TEST(VendorText, ListsTheFirstOperationsThatHaveNoRule) {
  const std::string begin =
      "Check 'false' failed at src/unconverted_ops_report.cpp:151:\nFrontEnd API failed with "
      "OpConversionFailure:\nModel wasn't fully converted.\nSummary:\n"
      "-- No conversion rule found for operations: ";
  EXPECT_EQ(VendorText(begin + "acme.ops.MyOp\n"),
            "it has operations that OpenVINO does not convert: acme.ops.MyOp");
  EXPECT_EQ(VendorText(begin + "A, B, C, D, E, F, G\nTo facilitate the conversion of unsupported "
                               "operations, refer to Frontend Extension documentation: https://x"),
            "it has operations that OpenVINO does not convert: A, B, C, D, E and 2 more");
  EXPECT_EQ(VendorText("Check 'translate_map' failed at src/frontend.cpp:221:\n"
                       "No translator found for FlexAcmeOp node."),
            "it has operations that OpenVINO does not convert: FlexAcmeOp");
}

TEST(VendorText, NamesTheFirstOperationThatFailedAndWhy) {
  const std::string begin =
      "FrontEnd API failed with OpConversionFailure:\nModel wasn't fully converted. Failed "
      "operations detailed log:\n";
  EXPECT_EQ(
      VendorText(begin +
                 "-- Add-18 with a message:\nWhile validating ONNX node '<Node(Add): y>': Check "
                 "'merge(a, b)' failed at src/shape_inference.hpp:26:\nWhile validating node "
                 "'opset1::Add Add_42 (opset1::Parameter x[0]:f32[3])' with friendly_name "
                 "'Add_42':\nArgument shapes are inconsistent.\n\n-- Mul-18 with a message:\n"
                 "Another.\nSummary:\n-- Conversion is failed for: Add-18, Mul-18\n"),
      "its operation Add-18 (\"y\") can't be converted: Argument shapes are inconsistent.");
  EXPECT_EQ(VendorText(begin + "Summary:\n-- Conversion is failed for: Add-18, Mul-18\n"),
            "its operations Add-18, Mul-18 can't be converted");
  EXPECT_EQ(VendorText(begin + "-- Concat-18 with a message:\nWhile validating ONNX node "
                               "'<Node(Concat): y>': Check '_impl != nullptr' failed at "
                               "src/core/src/any.cpp:153:\nAny was not initialized.\n"),
            "its operation Concat-18 (\"y\") can't be converted: it is damaged, or not as OpenVINO "
            "expects it");
}

TEST(VendorText, SaysWhatTheLibrarysBareWordsMean) {
  for (const char* words : {"stoll", "Exception from src/a.cpp:1:\nConverting input model\nstoi"}) {
    EXPECT_EQ(VendorText(words),
              "a number in it is malformed or too large; convert the model again");
  }
  EXPECT_EQ(VendorText("map::at"), "it is damaged, or not as OpenVINO expects it");
  EXPECT_EQ(VendorText("stollen"), "stollen");
}

// A model's names may look like parts of a vendor's message.
TEST(VendorText, TakesAnyText) {
  for (const char* words :
       {"--", "-- ", "--  with a message:", "Summary:", "Model wasn't fully converted.",
        "While validating ONNX node '", "-- a with a message:\nWhile validating ONNX node '>': ): ",
        "-- No conversion rule found for operations: ", "-- Conversion is failed for: , ,",
        "No translator found for  node.", "No translator found for ", "Check ' failed at :", ":",
        "Exception from :", "\n\n", " "}) {
    EXPECT_FALSE(VendorText(words).contains('\n')) << words;
  }
}

TEST(VendorText, IsPrintable) {
  EXPECT_EQ(VendorText("no node \"a\xff\x01\""), "no node \"a\\xff\\x01\"");
}

TEST(VendorText, IsNeverEmptyWhereThereWereOnlySourceLines) {
  EXPECT_EQ(VendorText("Check 'size > 0' failed at src/x.cc:1:\n"),
            "Check 'size > 0' failed at src/x.cc:1:");
}

TEST(VendorCall, TurnsEveryExceptionIntoAnError) {
  const auto text = [](auto&& call) { return VendorCall("here", call).error().detail(); };
  EXPECT_EQ(text([] { throw std::runtime_error("no\nluck"); }), "here: no luck");
  EXPECT_EQ(text([] { throw std::bad_alloc(); }), "here: out of memory");
  EXPECT_EQ(text([] { throw 7; }), "here: an exception of an unknown type");
  EXPECT_EQ(VendorCall("here", [] { return 7; }), 7);
  // Only the operator reads the library's text; anybody may know that memory ran out.
  const Wording name("here", "/srv/here");
  EXPECT_EQ(VendorCall(name, [] { throw std::runtime_error("no"); }).error(),
            Error(ErrorCode::kRuntimeError, "here", "/srv/here: no"));
  EXPECT_EQ(VendorCall(name, [] { throw std::bad_alloc(); }).error(),
            Error(ErrorCode::kRuntimeError, "here: out of memory", "/srv/here: out of memory"));
}

}  // namespace
}  // namespace namesake::openvino
