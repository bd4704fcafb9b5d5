// TensorFlow Lite's own: quantized tensors and signatures.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "openvino/support.h"
#include "support/matchers.h"

namespace namesake::openvino {
namespace {

using test::IsOk;
using testing::ElementsAre;

Model Lite(std::string_view name, BackendOptions options = {}) {
  return FileModel(Encoding::kTensorFlowLite, {TinyModel(name)}, std::move(options));
}

// Runs one inference on a tensor [1,n], and returns the only output.
template <typename T>
std::vector<T> Infer(const Graph& graph, const std::vector<T>& values) {
  auto context = graph.NewContext(Placement::Host()).value();
  const std::vector<std::uint64_t> dims = {1, values.size()};
  EXPECT_THAT(context->SetInput(0, View(graph.inputs()[0].type, dims, values)), IsOk());
  EXPECT_THAT(context->Compute(Deadline::Never()), IsOk());
  const TensorView output = context->Output(0).value();
  const auto* const begin = reinterpret_cast<const T*>(output.data.data());
  return {begin, begin + output.data.size() / sizeof(T)};
}

// A guest gives and takes the model's own bytes. The values are LiteRT's, ai-edge-litert 2.3.0.
TEST(TensorFlowLite, AQuantizedModelTakesAndGivesItsBytes) {
  const auto u8 = MustLoad(Lite("quantized_u8.tflite"));
  EXPECT_EQ(u8->inputs()[0].type, ElementType::kU8);
  EXPECT_EQ(u8->outputs()[0].type, ElementType::kU8);
  EXPECT_THAT(Infer<std::uint8_t>(*u8, {0, 8, 10, 11, 20, 36, 64, 255}),
              ElementsAre(57, 112, 128, 136, 199, 246, 255, 255));
  const auto i8 = MustLoad(Lite("quantized_i8.tflite"));
  EXPECT_EQ(i8->inputs()[0].type, ElementType::kI8);
  EXPECT_EQ(i8->outputs()[0].type, ElementType::kI8);
  EXPECT_THAT(Infer<std::int8_t>(*i8, {-7, 3, 65, 115}), ElementsAre(19, -72));
  EXPECT_THAT(Infer<std::int8_t>(*i8, {-128, 127, -100, 9}), ElementsAre(-4, 114));
}

TEST(TensorFlowLite, ASignatureNamesTheTensors) {
  const auto tiny = MustLoad(Lite("two_signatures.tflite"));
  EXPECT_EQ(tiny->inputs()[0].name, "audio");
  EXPECT_THAT(tiny->inputs()[0].aliases, ElementsAre("enc_x"));
  EXPECT_EQ(tiny->outputs()[0].name, "embedding");
  EXPECT_THAT(tiny->outputs()[0].aliases, ElementsAre("enc_y"));
  const auto pitch = MustLoad(
      FileModel(Encoding::kTensorFlowLite,
                {PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.tflite")}));
  EXPECT_EQ(pitch->inputs()[0].name, "input_2");
  EXPECT_EQ(pitch->FindInput("serving_default_input_2:0"), 0U);
  std::vector<std::string> names;
  for (const TensorInfo& output : pitch->outputs()) names.push_back(output.name);
  EXPECT_THAT(names, ElementsAre("onset", "note", "contour"));
  EXPECT_EQ(pitch->FindOutput("StatefulPartitionedCall:0"), 2U);
}

// "encode" is -x, and "decode" exp(x).
TEST(TensorFlowLite, AnOptionChoosesTheSignature) {
  const std::vector<float> values = {0, 1, 2, -1};
  const auto encode = MustLoad(Lite("two_signatures.tflite", {{"signature", "encode"}}));
  EXPECT_THAT(Infer(*encode, values), ElementsAre(0, -1, -2, 1));
  EXPECT_TRUE(encode->notes().empty());
  const ScratchDirectory scratch;
  const std::shared_ptr<CompiledCache> cache = CompiledCache::Open(scratch.path() / "c").value();
  MustLoad(Lite("two_signatures.tflite"), cache);
  for (int i = 0; i < 2; ++i) {
    const auto decode = MustLoad(Lite("two_signatures.tflite", {{"signature", "decode"}}), cache);
    EXPECT_EQ(decode->inputs()[0].name, "embedding");
    EXPECT_THAT(decode->inputs()[0].aliases, ElementsAre("dec_x"));
    EXPECT_EQ(decode->outputs()[0].name, "text");
    EXPECT_THAT(
        Infer(*decode, values),
        testing::Pointwise(testing::FloatNear(1e-6F), {1.0F, 2.7182817F, 7.389056F, 0.36787945F}));
    EXPECT_TRUE(decode->notes().empty());
  }
}

TEST(TensorFlowLite, AnUnknownSignatureIsRefused) {
  const Error error = LoadError(Lite("two_signatures.tflite", {{"signature", "decod"}}));
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.detail(), TinyModel("two_signatures.tflite").string() +
                                " has no signature \"decod\"; did you mean \"decode\"?");
  EXPECT_EQ(LoadError(Lite("quantized_u8.tflite", {{"signature", "x"}})).message(),
            "the model has no signature \"x\"");
}

}  // namespace
}  // namespace namesake::openvino
