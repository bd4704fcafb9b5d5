// Compiled forms that are kept between loads. Only workers have files that ONNX Runtime may write
// them to.
#include <gtest/gtest.h>

#include <filesystem>
#include <span>

#include "backend_onnxruntime/compiled_form.h"
#include "onnxruntime/support.h"

namespace namesake::onnxruntime {
namespace {

namespace fs = std::filesystem;

class OnnxRuntimeCache : public testing::Test {
 protected:
  std::vector<Path> Entries() const { return test::EntriesOf(cache_->directory()); }

  std::shared_ptr<const Graph> Load(const Model& model) {
    return test::MustLoad(TheBackend(), model, cache_);
  }

  ScratchDirectory scratch_;
  std::shared_ptr<CompiledCache> cache_ = CompiledCache::Open(scratch_.path() / "cache").value();
};

// Both must be the same graph to a guest, down to the last bit.
TEST_F(OnnxRuntimeCache, AHitIsTheSameGraph) {
  struct Case {
    Model model;
    test::Input input;
  };
  const std::vector<Case> cases = {
      {OnnxFile(ExampleModel("efficientnet-lite0.onnx")),
       {{2, 3, 224, 224}, Numbers(4).Floats(2UL * 3 * 224 * 224)}},
      {OnnxFile(PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.onnx")),
       {{1, 43844, 1}, Numbers(3).Floats(43844)}},
      {BytesModel(Encoding::kOnnx, {ReadBlob(TinyModel("dynamic.onnx"))}),
       {{2, 3}, {1, 2, 3, 4, 5, 6}}},
      {OnnxFile(TinyModel("external.onnx")), {{3}, {1, 2, 3}}},
      {OnnxFile(TinyModel("local_function.onnx")), {{4}, {1, 2, 3, 4}}},
      {OnnxFile(TinyModel("passed.onnx")), {{4}, {1, 2, 3, 4}}},
      {OnnxFile(TinyModel("repeated.onnx")), {{4}, {1, 2, 3, 4}}},
      {OnnxFile(TinyModel("constant.onnx")), {{4}, {1, 2, 3, 4}}},
      {OnnxFile(TinyModel("odd_name.onnx")), {{2, 3}, {1, 2, 3, 4, 5, 6}}},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(SourceText(one.model));
    const auto fresh = Load(one.model);
    const auto outputs = RunOnce(*fresh, {one.input});
    const std::size_t kept = Entries().size();
    const auto again = Load(one.model);
    EXPECT_EQ(Entries().size(), kept);
    EXPECT_EQ(again->inputs(), fresh->inputs());
    EXPECT_EQ(again->outputs(), fresh->outputs());
    EXPECT_EQ(again->model_bytes(), fresh->model_bytes());
    EXPECT_EQ(RunOnce(*again, {one.input}), outputs);
  }
  EXPECT_EQ(Entries().size(), InWorkers() ? cases.size() : 0U);
}

TEST_F(OnnxRuntimeCache, ATensorOfAnyRankStaysOne) {
  const Model model = OnnxFile(TinyModel("of_any_rank.onnx"));
  const auto fresh = Load(model);
  const auto again = Load(model);
  EXPECT_EQ(again->inputs(), fresh->inputs());
  EXPECT_EQ(again->outputs(), fresh->outputs());
  EXPECT_EQ(ShapeText(again->inputs()[0]), "[...]");
}

TEST(OnnxRuntimeText, AFormHasATrailer) {
  const std::string payload =
      "graph" + FormTrailer({.unranked = {"x", "", "a name"}, .may_be_empty = true});
  const auto form = ParseForm(std::as_bytes(std::span(payload)));
  ASSERT_TRUE(form);
  EXPECT_EQ(form->graph.size(), 5U);
  EXPECT_EQ(form->facts.unranked, (std::vector<std::string>{"x", "", "a name"}));
  EXPECT_TRUE(form->facts.may_be_empty);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(ParseForm(std::as_bytes(std::span(payload).first(size)))) << size;
  }
}

}  // namespace
}  // namespace namesake::onnxruntime
