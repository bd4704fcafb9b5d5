// Models whose tensors are in files of their own.
#include <gtest/gtest.h>

#include <filesystem>

#include "onnxruntime/support.h"

namespace namesake::onnxruntime {
namespace {

namespace fs = std::filesystem;

const std::vector<float> kOnes = {1, 1, 1};
const std::vector<float> kSums = {2, 3, 4};

// The model that names its weights `location`, in `folder`.
Path WriteExternal(const Path& folder, std::string_view location) {
  const Blob model = ReadBlob(TinyModel("external.onnx"));
  std::string bytes(reinterpret_cast<const char*>(model->data()), model->size());
  constexpr std::string_view kName = "external.weights";
  const auto at = bytes.find(kName);
  EXPECT_EQ(location.size(), kName.size());
  bytes.replace(at, kName.size(), location);
  WriteFile(folder / "model.onnx", bytes);
  return folder / "model.onnx";
}

void CopyWeights(const Path& to) { fs::copy_file(TinyModel("external.weights"), to); }

TEST(OnnxRuntimeFiles, WeightsAreFoundBesideTheModel) {
  EXPECT_EQ(RunOnce(*MustLoadTiny("external.onnx"), {{{3}, kOnes}})[0], kSums);
}

TEST(OnnxRuntimeFiles, WeightsHaveTheNameThatTheModelGivesThem) {
  const ScratchDirectory directory;
  fs::create_directory(directory.path() / "a");
  CopyWeights(directory.path() / "a/w.bin");
  CopyWeights(directory.path() / "w.bin");
  for (const char* const location : {"a/././././/w.bin", "./././././/w.bin"}) {
    SCOPED_TRACE(location);
    const auto graph = MustLoad(OnnxFile(WriteExternal(directory.path(), location)));
    EXPECT_EQ(RunOnce(*graph, {{{3}, kOnes}})[0], kSums);
  }
}

// As caches of model hubs have them.
TEST(OnnxRuntimeFiles, AnOperatorsLinksAreFollowed) {
  const ScratchDirectory model;
  const ScratchDirectory elsewhere;
  CopyWeights(elsewhere.path() / "blob");
  fs::create_symlink(elsewhere.path() / "blob", model.path() / "external.weights");
  const auto graph = MustLoad(OnnxFile(WriteExternal(model.path(), "external.weights")));
  EXPECT_EQ(RunOnce(*graph, {{{3}, kOnes}})[0], kSums);
}

TEST(OnnxRuntimeFiles, NoFileOutsideIsRead) {
  const ScratchDirectory directory;
  fs::create_directory(directory.path() / "model");
  CopyWeights(directory.path() / "outside.weight");
  for (const char* const location : {"../outside.weigh", "/etc/./././passw"}) {
    EXPECT_EQ(LoadError(OnnxFile(WriteExternal(directory.path() / "model", location))).code(),
              ErrorCode::kRuntimeError)
        << location;
  }
  EXPECT_EQ(LoadError(OnnxFile(TinyModel("absolute.onnx"))).code(), ErrorCode::kSecurity);
  EXPECT_EQ(LoadError(BytesModel(Encoding::kOnnx, {ReadBlob(TinyModel("external.onnx"))})).code(),
            ErrorCode::kInvalidArgument);
}

// Nothing of a file is used after the load.
TEST(OnnxRuntimeFiles, FilesMayGoAfterTheLoad) {
  const ScratchDirectory directory;
  CopyWeights(directory.path() / "external.weights");
  const auto graph = MustLoad(OnnxFile(WriteExternal(directory.path(), "external.weights")));
  fs::resize_file(directory.path() / "external.weights", 0);
  fs::resize_file(directory.path() / "model.onnx", 0);
  EXPECT_EQ(RunOnce(*graph, {{{3}, kOnes}})[0], kSums);
}

// ONNX Runtime opens the files of subgraphs' tensors itself, and they are the model's, whatever is
// in the host's working directory.
TEST(OnnxRuntimeFiles, ATensorOfABranchIsBesideTheModel) {
  const ScratchDirectory model;
  const ScratchDirectory elsewhere;
  fs::copy_file(TinyModel("external_branch.onnx"), model.path() / "model.onnx");
  fs::copy_file(TinyModel("branch.weights"), model.path() / "branch.weights");
  WriteFile(elsewhere.path() / "branch.weights", "not the weights!");
  const Model in_a_branch = OnnxFile(model.path() / "model.onnx");
  if (InWorkers()) {
    // It looks for the file's path in /proc, which a worker has not.
    EXPECT_EQ(LoadError(in_a_branch).code(), ErrorCode::kRuntimeError);
    return;
  }
  const Path before = fs::current_path();
  fs::current_path(elsewhere.path());
  const auto graph = MustLoad(in_a_branch);
  fs::current_path(before);
  const auto context = NewContext(*graph);
  const std::vector<std::uint64_t> four = {4};
  const std::vector<std::uint64_t> scalar;
  ASSERT_TRUE(
      context->SetInput(0, View(ElementType::kF32, four, std::vector<float>{10, 20, 30, 40})));
  ASSERT_TRUE(context->SetInput(1, View(ElementType::kBool, scalar, std::vector<std::uint8_t>{1})));
  ASSERT_TRUE(context->Compute(Deadline::Never()));
  EXPECT_EQ(Floats(context->Output(0).value()), (std::vector<float>{11, 22, 33, 44}));
}

}  // namespace
}  // namespace namesake::onnxruntime
