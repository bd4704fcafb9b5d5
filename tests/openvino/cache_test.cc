// Compiled forms that are kept between loads.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "openvino/support.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCompiled = "openvino: compiled";
constexpr std::string_view kImported = "openvino: imported";

class Cache : public testing::Test {
 protected:
  std::vector<Path> Entries() const { return test::EntriesOf(cache_->directory()); }

  // Loads the model and returns whether that was a hit; fails the test if the log disagrees.
  bool LoadHits(const Model& model) {
    const LogLines log;
    graph_.reset();  // Otherwise it would be shared.
    graph_ = MustLoad(model, cache_);
    EXPECT_EQ(log.Count(kCompiled) + log.Count(kImported), 1);
    return log.Count(kImported) == 1;
  }

  ScratchDirectory scratch_;
  std::shared_ptr<CompiledCache> cache_ = CompiledCache::Open(scratch_.path() / "cache").value();
  std::shared_ptr<const Graph> graph_;
};

// Both forms must be the same graph to a guest, down to the last bit.
TEST_F(Cache, AHitIsTheSameGraph) {
  const Path example = ExampleModel("efficientnet-lite0.onnx");
  const Path xml = ExampleModel("efficientnet-lite0.xml");
  const Path pitch = PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022");
  const std::vector<std::pair<Model, Input>> cases = {
      {FileModel(Encoding::kOnnx, {example}),
       {{1, 3, 224, 224}, Numbers(4).Floats(3UL * 224 * 224)}},
      {FileModel(Encoding::kOpenVino, {xml}),
       {{1, 3, 224, 224}, Numbers(4).Floats(3UL * 224 * 224)}},
      {BytesModel(Encoding::kOnnx, {ReadBlob(TinyModel("dynamic.onnx"))}),
       {{2, 3}, {1, 2, 3, 4, 5, 6}}},
      {FileModel(Encoding::kOpenVino, {TinyModel("aliased.xml")}), {{2, 3}, {1, 2, 3, 4, 5, 6}}},
      {FileModel(Encoding::kOpenVino, {TinyModel("nameless.xml")}), {{2, 3}, {1, 2, 3, 4, 5, 6}}},
      {FileModel(Encoding::kOpenVino, {TinyModel("bounded.xml")}), {{2, 3}, {1, 2, 3, 4, 5, 6}}},
      {FileModel(Encoding::kOpenVino, {TinyModel("version10.xml")}), {{2, 3}, {1, 2, 3, 4, 5, 6}}},
      {FileModel(Encoding::kTensorFlow, {pitch / "nmp"}),
       {{1, 43844, 1}, Numbers(3).Floats(43844)}},
      {FileModel(Encoding::kTensorFlowLite, {pitch / "nmp.tflite"}),
       {{1, 43844, 1}, Numbers(3).Floats(43844)}},
  };
  for (const auto& [model, input] : cases) {
    SCOPED_TRACE(SourceText(model));
    EXPECT_FALSE(LoadHits(model));
    const auto inputs = graph_->inputs();
    const auto outputs = graph_->outputs();
    const auto model_bytes = graph_->model_bytes();
    const auto values = RunOnce(*graph_, {input});
    EXPECT_TRUE(LoadHits(model));
    EXPECT_EQ(graph_->inputs(), inputs);
    EXPECT_EQ(graph_->outputs(), outputs);
    EXPECT_EQ(graph_->model_bytes(), model_bytes);
    EXPECT_EQ(RunOnce(*graph_, {input}), values);
  }
}

TEST_F(Cache, TypesAndSeveralTensorsSurvive) {
  for (const auto& entry : fs::directory_iterator(TinyModel(""))) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("reshape_") && name != "two_in_two_out.onnx") continue;
    SCOPED_TRACE(name);
    const Model model = FileModel(Encoding::kOnnx, {entry.path()});
    EXPECT_FALSE(LoadHits(model));
    const auto inputs = graph_->inputs();
    const auto outputs = graph_->outputs();
    EXPECT_TRUE(LoadHits(model));
    EXPECT_EQ(graph_->inputs(), inputs);
    EXPECT_EQ(graph_->outputs(), outputs);
  }
}

TEST_F(Cache, TheGraphOutlivesTheEntry) {
  const Model model = FileModel(Encoding::kOpenVino, {ExampleModel("efficientnet-lite0.xml")});
  const std::vector<Input> input = {{{1, 3, 224, 224}, Numbers(4).Floats(3UL * 224 * 224)}};
  LoadHits(model);
  const auto expected = RunOnce(*graph_, input);
  EXPECT_TRUE(LoadHits(model));
  fs::remove_all(cache_->directory());
  EXPECT_EQ(RunOnce(*graph_, input), expected);
}

TEST_F(Cache, TheKeyHasContentEncodingAndOptions) {
  const Path copy = scratch_.path() / "copy.onnx";
  fs::copy_file(TinyModel("dynamic.onnx"), copy);
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")})));
  // The location of the bytes does not matter.
  EXPECT_TRUE(LoadHits(FileModel(Encoding::kOnnx, {copy})));
  EXPECT_TRUE(LoadHits(BytesModel(Encoding::kOnnx, {ReadBlob(copy)})));
  // An option that is set to its default does not matter.
  EXPECT_TRUE(LoadHits(FileModel(Encoding::kOnnx, {copy}, {{"inference_precision", "f32"}})));
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {copy}, {{"inference_precision", "bf16"}})));
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {copy}, {{"threads", "1"}})));
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {copy}, {{"streams", "1"}})));
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {copy}, {{"performance_hint", "throughput"}})));
  fs::copy_file(TinyModel("same.onnx"), copy, fs::copy_options::overwrite_existing);
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {copy})));
}

TEST_F(Cache, TheKeyHasTheWeightsBesideTheModel) {
  const Path model = scratch_.path() / "external.onnx";
  const Path weights = scratch_.path() / "external.weights";
  fs::copy_file(TinyModel("external.onnx"), model);
  fs::copy_file(TinyModel("external.weights"), weights);
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {model})));
  EXPECT_TRUE(LoadHits(FileModel(Encoding::kOnnx, {model})));
  WriteFile(weights, std::string(12, '\0'));
  EXPECT_FALSE(LoadHits(FileModel(Encoding::kOnnx, {model})));
  EXPECT_EQ(RunOnce(*graph_, {{{3}, {1, 2, 3}}})[0], (std::vector<float>{1, 2, 3}));
}

// An intact entry with a valid checksum, which OpenVINO still can't import.
TEST_F(Cache, AnEntryThatOpenVinoRefusesIsReplaced) {
  const Model model = FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")});
  LoadHits(model);
  const std::string hex = Entries().at(0).stem().string();
  CacheKey::Builder builder;
  CacheKey key = builder.Finish();
  // The header holds the key. So the entry is stored under a key of its own, and then gets the
  // header's key and the file name of the model's entry.
  const auto entry = Entries().at(0);
  std::string header(4096, '\0');
  std::ifstream(entry, std::ios::binary).read(header.data(), 4096);
  ASSERT_TRUE(cache_->Store(key, {}, [](std::ostream& out) { out << std::string(5000, 'x'); }));
  const Path own = cache_->directory() / (key.Hex() + entry.extension().string());
  std::string forged(fs::file_size(own), '\0');
  std::ifstream(own, std::ios::binary)
      .read(forged.data(), static_cast<std::streamsize>(forged.size()));
  // Magic and key are the first 8 + 32 bytes of the header.
  forged.replace(8, 32, header.substr(8, 32));
  fs::remove(own);
  WriteFile(entry, forged);
  const LogLines log;
  graph_.reset();
  graph_ = MustLoad(model, cache_);
  EXPECT_EQ(log.Count("its compiled form in the cache is unusable"), 1);
  EXPECT_EQ(log.Count(kCompiled), 1);
  EXPECT_TRUE(LoadHits(model));
}

TEST_F(Cache, AFailureToStoreIsNoError) {
  const Model model = FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")});
  fs::remove_all(cache_->directory());
  const LogLines log;
  EXPECT_NO_THROW(MustLoad(model, cache_));
  EXPECT_EQ(log.Count("is not kept in the compiled cache"), 1);
}

TEST_F(Cache, LoadsOfOneModelMayRunAtOnce) {
  const Model model = FileModel(Encoding::kOnnx, {TinyModel("dynamic.onnx")});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto graph = MustLoad(model, cache_);
      EXPECT_EQ(RunOnce(*graph, {{{1, 3}, {1, 2, 3}}})[0], (std::vector<float>{1, 2, 3}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Entries().size(), 1U);
}

}  // namespace
}  // namespace namesake::openvino
