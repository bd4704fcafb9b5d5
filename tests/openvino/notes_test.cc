// Reports the types that OpenVINO computes in another precision, as long as it does.
#include "backend_openvino/notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "openvino/support.h"

namespace namesake::openvino {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const Graph> Reshape(const std::string& type) {
  return MustLoad(FileModel(Encoding::kOnnx, {TinyModel("reshape_" + type + ".onnx")}));
}

TEST(Notes, NameTheTensorsOfTypesThatAreNarrowed) {
  const std::string tensors = " (input 0 (\"x\"), output 0 (\"y\"))";
  EXPECT_THAT(Reshape("i64")->notes(),
              ElementsAre("OpenVINO computes i64 in 32 bits: values that need more come out wrong" +
                          tensors));
  EXPECT_THAT(Reshape("u64")->notes(),
              ElementsAre("OpenVINO computes u64 in 32 bits: values that need more come out wrong" +
                          tensors));
  EXPECT_THAT(Reshape("u32")->notes(),
              ElementsAre("OpenVINO computes u32 as i32: values from 2^31 on may come out wrong" +
                          tensors));
  EXPECT_THAT(Reshape("f64")->notes(),
              ElementsAre("OpenVINO computes f64 as f32, with 24 bits of precision" + tensors));
  for (const char* const type : {"f16", "bf16", "f32", "i8", "i16", "i32", "u8", "u16", "bool"}) {
    EXPECT_THAT(Reshape(type)->notes(), IsEmpty()) << type;
  }
}

// A note that is not true is out of date and must be removed.
TEST(Notes, AreTrue) {
  const auto graph = Reshape("i64");
  const auto context = graph->NewContext(Placement::Host()).value();
  const std::vector<std::uint64_t> dims = {2, 1, 3};
  const std::vector<std::int64_t> data = {1, 2, 3, 4, 5, std::int64_t{1} << 40};
  ASSERT_TRUE(context->SetInput(0, View(ElementType::kI64, dims, data)));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  const auto output = context->Output(0).value();
  EXPECT_NE(std::vector<std::byte>(output.data.begin(), output.data.end()),
            std::vector<std::byte>(std::as_bytes(std::span(data)).begin(),
                                   std::as_bytes(std::span(data)).end()));
}

// A guest may make the host load an operator's lazy models again and again.
TEST(Notes, AreLoggedOnceAndForTheOperatorsModelsAlone) {
  const ScratchDirectory scratch;
  const Path path = scratch.path() / "m.onnx";
  std::filesystem::copy_file(TinyModel("reshape_i64.onnx"), path);
  const LogLines log;
  MustLoad(FileModel(Encoding::kOnnx, {path}));
  MustLoad(FileModel(Encoding::kOnnx, {path}));
  ASSERT_EQ(log.Warnings().size(), 1U);
  EXPECT_THAT(log.Warnings()[0], testing::StartsWith(path.string() + ": OpenVINO computes i64"));
  Model guests = BytesModel(Encoding::kOnnx, {ReadBlob(path)});
  guests.origin = Origin::kGuest;
  MustLoad(guests);
  EXPECT_EQ(log.Warnings().size(), 1U);
}

TEST(Notes, AreFewHoweverManyTensorsThereAre) {
  const TensorInfo tensor{.type = ElementType::kI64, .shape = {{Dim::Fixed(1)}}};
  const Description description{.inputs = std::vector<TensorInfo>(100, tensor), .outputs = {}};
  EXPECT_THAT(NotesOn(description, "CPU"),
              ElementsAre("OpenVINO computes i64 in 32 bits: values that need more come out wrong "
                          "(input 0, input 1, input 2, input 3, …)"));
  EXPECT_THAT(NotesOn(description, "GPU"), IsEmpty());
}

}  // namespace
}  // namespace namesake::openvino
