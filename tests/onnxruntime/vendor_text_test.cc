// ONNX Runtime's words, as ReadFault() understands them. The texts are those of ONNX
// Runtime 1.31.1.
#include "backend_onnxruntime/vendor_text.h"

#include <gtest/gtest.h>

namespace namesake::onnxruntime {
namespace {

TEST(OnnxRuntimeText, NamesTheOperationThatFailed) {
  EXPECT_EQ(ReadFault("Non-zero status code returned while running Gather node. Name:'g' Status "
                      "Message: indices element out of data bounds, idx=9 must be within the "
                      "inclusive range [-4,3]"),
            (Fault{.clause = "its operation Gather (\"g\") failed",
                   .words = "indices element out of data bounds, idx=9 must be within the "
                            "inclusive range [-4,3]"}));
  EXPECT_EQ(
      ReadFault("Non-zero status code returned while running Reshape node. Name:'' Status "
                "Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/"
                "reshape_helper.h:91 onnxruntime::ReshapeHelper::ReshapeHelper(const "
                "onnxruntime::TensorShape&, onnxruntime::TensorShapeVector&, bool) "
                "input_shape_size == requested_shape_size was false. The input tensor cannot "
                "be reshaped to the requested shape. Input shape:{4}, requested shape:{3,3}\n"),
      (Fault{.clause = "its operation Reshape failed",
             .words = "input_shape_size == requested_shape_size was false. The input tensor "
                      "cannot be reshaped to the requested shape. Input shape:{4}, requested "
                      "shape:{3,3}"}));
}

TEST(OnnxRuntimeText, NamesTheInnermostOperation) {
  EXPECT_EQ(ReadFault("Non-zero status code returned while running Loop node. Name:'l' Status "
                      "Message: Non-zero status code returned while running Gather node. Name:'g' "
                      "Status Message: no")
                .clause,
            "its operation Gather (\"g\") failed");
}

TEST(OnnxRuntimeText, NamesTheOperationThatIsNotValid) {
  EXPECT_EQ(ReadFault("This is an invalid model. In Node, (\"r\", Relu, \"\", -1) : (\"x\": "
                      "tensor(float),) -> (\"y\": tensor(float),) , Error Unrecognized attribute: "
                      "alpha for operator Relu"),
            (Fault{.clause = "its operation Relu (\"r\") is not valid",
                   .words = "Unrecognized attribute: alpha for operator Relu"}));
  EXPECT_EQ(ReadFault("Node (mm) Op (MatMul) [ShapeInferenceError] Incompatible dimensions"),
            (Fault{.clause = "its operation MatMul (\"mm\") is not valid",
                   .words = "Incompatible dimensions"}));
}

TEST(OnnxRuntimeText, NamesTheOperationThatIsMissing) {
  EXPECT_EQ(ReadFault("Fatal error: pkg.x:Foo(-1) is not a registered function/op").clause,
            "it does not know the operation pkg.x:Foo");
  EXPECT_EQ(ReadFault("Could not find an implementation for Add(14) node with name 'adder'").clause,
            "it has no implementation of the operation Add (\"adder\") for these element types");
}

TEST(OnnxRuntimeText, LeavesPlacesInItsSourcesOut) {
  EXPECT_EQ(ReadFault("/onnxruntime_src/onnxruntime/core/graph/model_load_utils.h:46 void "
                      "onnxruntime::model_load_utils::ValidateOpsetForDomain(const "
                      "std::unordered_map<std::__cxx11::basic_string<char>, int>&, const "
                      "onnxruntime::logging::Logger&, bool, const std::string&, int) ONNX Runtime "
                      "only *guarantees* support"),
            (Fault{.words = "ONNX Runtime only *guarantees* support"}));
  EXPECT_EQ(ReadFault("graph.cc:4441 InjectExternalInitializersFromFilesInMemory External file: w "
                      "not found from the table user provided."),
            (Fault{.words = "External file: w not found from the table user provided."}));
  EXPECT_EQ(ReadFault("a.h:x b"), (Fault{.words = "a.h:x b"}));
  EXPECT_EQ(ReadFault(""), (Fault{}));
}

TEST(OnnxRuntimeText, TellsThatMemoryRanOut) {
  const Fault fault = ReadFault(
      "Non-zero status code returned while running Expand node. Name:'e' Status Message: "
      "/onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* "
      "onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to "
      "allocate memory for requested buffer of size 17592186044416\n");
  EXPECT_TRUE(fault.is_out_of_memory);
  EXPECT_EQ(fault.clause, "its operation Expand (\"e\") failed");
}

// A model chooses names, of any length and any bytes.
TEST(OnnxRuntimeText, IsOneShortLine) {
  const std::string name(10'000, 'n');
  const Fault fault = ReadFault("Non-zero status code returned while running A\nB node. Name:'" +
                                name + "' Status Message: " + std::string(10'000, '\x01'));
  EXPECT_EQ(fault.clause, "its operation A\\x0aB (\"" + std::string(256, 'n') + "…\") failed");
  EXPECT_EQ(fault.words.find('\x01'), std::string::npos);
  EXPECT_LT(fault.words.size(), 20'000U);
}

}  // namespace
}  // namespace namesake::onnxruntime
