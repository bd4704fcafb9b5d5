// What OpenVINO's readers refuse, explained in words that say what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "openvino/support.h"
#include "support/matchers.h"
#include "support/onnx_bytes.h"

namespace namesake::openvino {
namespace {

using test::Fails;
using test::Field;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::string_literals;

// y = relu(x)
std::string Ir(const std::string& version, const std::string& operation = "ReLU",
               const std::string& opset = "opset1", const std::string& information = "") {
  return "<?xml version=\"1.0\"?><net name=\"n\" version=\"" + version + R"("><layers>
    <layer id="0" name="x" type="Parameter" version="opset1"><data shape="2" element_type="f32"/>
      <output><port id="0" precision="FP32" names="x"><dim>2</dim></port></output></layer>
    <layer id="1" name="y" type=")" +
         operation + "\" version=\"" + opset + R"(">
      <input><port id="0"><dim>2</dim></port></input>
      <output><port id="1" precision="FP32" names="y"><dim>2</dim></port></output></layer>
    <layer id="2" name="r" type="Result" version="opset1">
      <input><port id="0"><dim>2</dim></port></input></layer></layers>
    <edges><edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
      <edge from-layer="1" from-port="1" to-layer="2" to-port="0"/></edges>)" +
         information + "</net>";
}

Error IrError(const std::string& xml) {
  return LoadError(BytesModel(Encoding::kOpenVino, {MakeBlob(xml)}));
}

std::string Version() {
  const std::string build = TheBackend().version();
  return build.substr(0, build.find('-'));
}

TEST(Explain, AnIrOfAnotherVersion) {
  MustLoad(BytesModel(Encoding::kOpenVino, {MakeBlob(Ir("11"))}));
  const auto expect = [](const std::string& xml, const std::string& end) {
    const Error error = IrError(xml);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidEncoding);
    EXPECT_THAT(error.detail(), EndsWith(" bytes in memory is an OpenVINO IR " + end));
  };
  const std::string reads = ", but OpenVINO " + Version() + " reads only versions 10 and 11; ";
  const std::string newer =
      "convert the model with OpenVINO " + Version() + " or older, or use a newer Namesake";
  expect(Ir("12"), "of version 12" + reads + newer);
  expect(
      Ir("12", "ReLU", "opset1", R"(<rt_info><Runtime_version value="2031.2.0-1-abc"/></rt_info>)"),
      "of version 12" + reads + "OpenVINO 2031.2.0 wrote it: " + newer);
  expect(Ir("7"), "of version 7" + reads + "convert the model again");
  for (const std::string none : {"", "abc", "-1", "11.5", "99999999999999999999"}) {
    expect(Ir(none), "with the invalid version \"" + none + "\"; convert the model again");
  }
}

TEST(Explain, AnOperationThatTheIrsReaderDoesNotKnow) {
  const std::string newer =
      "convert the model with OpenVINO " + Version() + " or older, or use a newer Namesake";
  EXPECT_THAT(
      IrError(
          Ir("11", "Frobnicate", "opset1", R"(<rt_info><MO_version value="2031.2.0"/></rt_info>)"))
          .detail(),
      EndsWith(": Opset opset1 doesn't contain the operation with type: Frobnicate; OpenVINO "
               "2031.2.0 wrote it: " +
               newer));
  EXPECT_THAT(
      IrError(Ir("11", "ReLU", "opset99")).detail(),
      EndsWith(": Cannot create ReLU layer y id:1 from unsupported opset: opset99; " + newer));
  EXPECT_THAT(IrError(Ir("11", "StringTensorUnpack", "extension")).detail(),
              EndsWith(" from unsupported opset: extension, which is an OpenVINO extension; export "
                       "the model without it, since Namesake loads no extensions"));
  // The text as guests read it.
  const std::string begin = "OpenVINO can't read a model of ";
  EXPECT_THAT(IrError(Ir("11", "Frobnicate")).message(),
              AllOf(StartsWith(begin),
                    EndsWith(" bytes in memory: it has an operation that OpenVINO does not know; " +
                             newer)));
  EXPECT_THAT(IrError(Ir("11", "StringTensorUnpack", "extension")).message(),
              AllOf(StartsWith(begin),
                    EndsWith(" bytes in memory: it has an operation of an OpenVINO extension; "
                             "export the model without it, since Namesake loads no extensions")));
}

std::string Value(const std::string& name, const std::string& type) {
  return Field(1, name) + Field(2, type);
}
const std::string kFloats = Field(1, "\x08\x01" + Field(2, Field(1, "\x08\x03")));

std::string Onnx(const std::string& domain, const std::string& operation,
                 const std::string& output_type = kFloats) {
  const std::string node = Field(1, "x") + Field(2, "y") + Field(4, operation) + Field(7, domain);
  return "\x08\x08" +
         Field(7, Field(1, node) + Field(2, "g") + Field(11, Value("x", kFloats)) +
                      Field(12, Value("y", output_type))) +
         Field(8, "\x10\x12"s) + Field(8, Field(1, domain) + "\x10\x01");
}

Error OnnxError(const std::string& onnx) {
  return LoadError(BytesModel(Encoding::kOnnx, {MakeBlob(onnx)}));
}

TEST(Explain, OperationsThatAreNotConverted) {
  EXPECT_THAT(OnnxError(Onnx("acme.ops", "MyOp")).detail(),
              AllOf(StartsWith("OpenVINO can't read a model of "),
                    EndsWith(" bytes in memory: it has operations that OpenVINO does not convert: "
                             "acme.ops.MyOp; export the model without them")));
  EXPECT_THAT(OnnxError(Onnx("com.microsoft", "QGemm")).detail(),
              EndsWith(": com.microsoft.QGemm; com.microsoft operations are specific to ONNX "
                       "Runtime: choose the backend onnxruntime, or export the model without its "
                       "optimizations"));
  EXPECT_THAT(
      OnnxError(Onnx("ai.onnx.ml", "SVMClassifier")).detail(),
      EndsWith(
          ": ai.onnx.ml.SVMClassifier; ai.onnx.ml operations are not neural-network operations: "
          "choose the backend onnxruntime, or convert the model to tensor operations, for example "
          "with hummingbird-ml"));
  EXPECT_THAT(
      OnnxError(Onnx("com.microsoft", "QGemm")).message(),
      EndsWith(
          " bytes in memory: it has operations that OpenVINO does not convert; "
          "com.microsoft operations are specific to ONNX Runtime: choose the backend onnxruntime, "
          "or export the model without its optimizations"));
}

TEST(Explain, LocalFunctions) {
  const std::string function =
      Field(25, Field(1, "Double") + Field(4, "x") + Field(5, "y") +
                    Field(7, Field(1, "x") + Field(1, "x") + Field(2, "y") + Field(4, "Add")) +
                    Field(9, "\x10\x12"s) + Field(10, "pkg.local"));
  EXPECT_THAT(OnnxError(Onnx("pkg.local", "Double") + function).detail(),
              EndsWith(": it has operations that OpenVINO does not convert: pkg.local.Double; "
                       "these are local functions of the model, which OpenVINO does not inline: "
                       "choose the backend onnxruntime, or inline them with "
                       "onnx.inliner.inline_local_functions"));
  EXPECT_THAT(OnnxError(Onnx("pkg.local", "Double") + function).message(),
              EndsWith(" bytes in memory: it has operations that OpenVINO does not convert; these "
                       "are local functions of the model, which OpenVINO does not inline: choose "
                       "the backend onnxruntime, or inline them with "
                       "onnx.inliner.inline_local_functions"));
}

TEST(Explain, InputsAndOutputsThatAreNoTensors) {
  const std::string map = Field(5, "\x08\x07" + Field(2, Field(1, "\x08\x01")));
  EXPECT_THAT(OnnxError(Onnx("ai.onnx.ml", "ZipMap", Field(4, Field(1, map)))),
              testing::Property(
                  &Error::detail,
                  EndsWith(" bytes in memory: its output \"y\" is a sequence of maps, which no "
                           "guest can give or take; convert the model without it, in skl2onnx by "
                           "options={\"zipmap\": False}")));
  EXPECT_THAT(OnnxError(Onnx("", "SplitToSequence", Field(4, Field(1, kFloats)))).detail(),
              EndsWith(": its output \"y\" is a sequence, which no guest can give or take; export "
                       "the model with numeric tensors only"));
}

TEST(Explain, ADamagedTensorFlowLiteModel) {
  EXPECT_THAT(LoadError(BytesModel(Encoding::kTensorFlowLite,
                                   {MakeBlob(std::string("\x08\0\0\0TFL3\x01\0\0\0\0\0\0\0", 16))}))
                  .detail(),
              EndsWith(" bytes in memory is damaged or cut off; copy it again"));
}

TEST(Explain, SignaturesThatAreNotLoadedAreInTheLog) {
  const Path path = TinyModel("two_signatures.tflite");
  const std::string note =
      ": it is loaded by its signature \"encode\"; the option signature chooses another: "
      "\"decode\"";
  const LogLines log;
  const auto graph = MustLoad(FileModel(Encoding::kTensorFlowLite, {path}));
  EXPECT_EQ(graph->notes().size(), 1U);
  EXPECT_EQ(log.Count("warning"), 1);
  EXPECT_EQ(log.Count(path.string() + note), 1);
  Model model = BytesModel(Encoding::kTensorFlowLite, {ReadBlob(path)});
  model.origin = Origin::kGuest;
  MustLoad(model);
  EXPECT_EQ(log.Count("a model of 915 bytes in memory" + note), 1);
  EXPECT_EQ(log.Count("warning"), 1);
  MustLoad(
      FileModel(Encoding::kTensorFlowLite,
                {PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.tflite")}));
  EXPECT_EQ(log.Count(" chooses another"), 2);
}

}  // namespace
}  // namespace namesake::openvino
