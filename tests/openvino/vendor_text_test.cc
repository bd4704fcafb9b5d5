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

TEST(VendorText, IsPrintable) {
  EXPECT_EQ(VendorText("no node \"a\xff\x01\""), "no node \"a\\xff\\x01\"");
}

TEST(VendorText, IsNeverEmptyWhereThereWereOnlySourceLines) {
  EXPECT_EQ(VendorText("Check 'size > 0' failed at src/x.cc:1:\n"),
            "Check 'size > 0' failed at src/x.cc:1:");
}

TEST(VendorCall, TurnsEveryExceptionIntoAnError) {
  const auto text = [](auto&& call) { return VendorCall("here", call).error().message(); };
  EXPECT_EQ(text([] { throw std::runtime_error("no\nluck"); }), "here: no luck");
  EXPECT_EQ(text([] { throw std::bad_alloc(); }), "here: out of memory");
  EXPECT_EQ(text([] { throw 7; }), "here: an exception of an unknown type");
  EXPECT_EQ(VendorCall("here", [] { return 7; }), 7);
}

}  // namespace
}  // namespace namesake::openvino
