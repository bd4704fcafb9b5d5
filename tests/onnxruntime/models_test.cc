// Networks in every form that a model may have. tests/backends runs more of them, by their paths.
#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "onnxruntime/support.h"
#include "support/real_models.h"

namespace namesake::onnxruntime {
namespace {

TEST(OnnxRuntimeModels, EfficientNet) {
  const Path path = ExampleModel("efficientnet-lite0.onnx");
  for (const Model& model : {OnnxFile(path), BytesModel(Encoding::kOnnx, {ReadBlob(path)}),
                             OnnxFile(path, {{"threads", "1"}})}) {
    const auto graph = MustLoad(model);
    EXPECT_EQ(graph->model_bytes(), std::filesystem::file_size(path));
    EXPECT_EQ(graph->encoding(), Encoding::kOnnx);
    ExpectClose(test::RunEfficientNet(*graph), Expected("efficientnet"), 2e-4F);
  }
}

TEST(OnnxRuntimeModels, LocalFunctions) {
  const auto graph = MustLoadTiny("local_function.onnx");
  EXPECT_EQ(RunOnce(*graph, {{{4}, {1, 2, 3, 4}}})[0], (std::vector<float>{2, 4, 6, 8}));
}

}  // namespace
}  // namespace namesake::onnxruntime
