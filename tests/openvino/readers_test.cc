// A model is read by its own encoding's reader, which opens only the model's files.
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backend_openvino/model_reader.h"
#include "base/file.h"
#include "openvino/support.h"
#include "support/onnx_bytes.h"

namespace namesake::openvino {
namespace {

namespace fs = std::filesystem;
using test::Field;

// Reports which files in a directory were opened.
class OpenWatch {
 public:
  explicit OpenWatch(const Path& directory) : events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    EXPECT_GE(::inotify_add_watch(events_.get(), directory.c_str(), IN_OPEN), 0);
  }

  std::set<std::string> Take() {
    std::set<std::string> names;
    alignas(inotify_event) std::array<char, 8192> buffer{};
    for (::ssize_t size; (size = ::read(events_.get(), buffer.data(), buffer.size())) > 0;) {
      for (::ssize_t at = 0; at < size;) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        if (event.len > 0) names.insert(buffer.data() + at + sizeof event);
        at += static_cast<::ssize_t>(sizeof event + event.len);
      }
    }
    return names;
  }

 private:
  base::FileDescriptor events_;
};

// Text by which readers recognize their encoding.
const std::string kMarks = "<net name=\"x\" version=\"11\"> GGUF TFL3 PK ir_version";

std::string Text(const Path& path) {
  const Blob blob = ReadBlob(path);
  return {reinterpret_cast<const char*>(blob->data()), blob->size()};
}

struct Sample {
  std::string name;
  Encoding encoding;
  std::string content;
};

// Every tiny model, unchanged and with the other encodings' marks in its strings.
std::vector<Sample> Samples() {
  std::vector<Sample> samples;
  for (const auto& entry : fs::directory_iterator(TinyModel(""))) {
    const std::string extension = entry.path().extension();
    const std::string name = entry.path().filename();
    // Models that are refused in their own encoding, too.
    if (name == "not.onnx") continue;
    const std::string content = Text(entry.path());
    if (extension == ".onnx") {
      samples.push_back({name, Encoding::kOnnx, content});
      samples.push_back({name + " with marks", Encoding::kOnnx, Field(2, kMarks) + content});
      samples.push_back({name + " then marks", Encoding::kOnnx, content + Field(6, kMarks)});
    } else if (extension == ".xml") {
      samples.push_back({name, Encoding::kOpenVino, content});
      const std::string comment = "<!-- GGUF TFL3 PK ir_version \x08\x07 -->";
      samples.push_back({name + " with marks", Encoding::kOpenVino, content + comment});
      // Content that starts like a Protocol Buffers message.
      samples.push_back(
          {name + " after a line", Encoding::kOpenVino,
           "\n<!--" + std::string(90, '-') + "x-->" + content.substr(content.find("<net"))});
    } else if (extension == ".pb") {
      samples.push_back({name, Encoding::kTensorFlow, content});
    }
  }
  const std::string lite =
      Text(PackagedModel("basic_pitch/basic_pitch/saved_models/icassp_2022/nmp.tflite"));
  samples.push_back({"nmp.tflite", Encoding::kTensorFlowLite, lite});
  samples.push_back({"nmp.tflite then marks", Encoding::kTensorFlowLite, lite + kMarks});
  return samples;
}

// Runs in a separate working directory, with files that a reader might look for.
class Readers : public testing::Test {
 protected:
  Readers() : before_(fs::current_path()) {
    for (const char* bait : {".bin", "model.bin", "model.meta", "model.index", "model.data",
                             "external.weights", "secret.key", "variables"}) {
      WriteFile(directory_.path() / bait, std::string(4096, 's'));
    }
    fs::current_path(directory_.path());
  }
  ~Readers() override { fs::current_path(before_); }

  Path At(const std::string& name) const { return directory_.path() / name; }

  ScratchDirectory directory_;
  Path before_;
};

TEST_F(Readers, AreNamedByTheDeclaredEncodingAndSearchedForByNoContent) {
  const std::vector<Sample> samples = Samples();
  ASSERT_GT(samples.size(), 60U);
  // Loads the readers' libraries, so that they have opened what they need for themselves.
  MustLoad(FileModel(Encoding::kOnnx, {TinyModel("same.onnx")}));
  MustLoad(FileModel(Encoding::kTensorFlow, {TinyModel("frozen.pb")}));
  OpenWatch watch(directory_.path());
  for (const Sample& sample : samples) {
    for (int i = 0; i < kEncodingCount; ++i) {
      const auto declared = static_cast<Encoding>(i);
      if (declared == sample.encoding) continue;
      SCOPED_TRACE(sample.name + " as " + std::string(EncodingName(declared)));
      WriteFile(At("model"), sample.content);
      watch.Take();
      for (const Model& model :
           {BytesModel(declared, {MakeBlob(sample.content)}), FileModel(declared, {At("model")})}) {
        EXPECT_EQ(LoadError(model).code(), ErrorCode::kInvalidEncoding)
            << LoadError(model).detail();
      }
      std::set<std::string> opened = watch.Take();
      opened.erase("model");
      EXPECT_TRUE(opened.empty()) << *opened.begin();
    }
  }
}

// Content that is both a document with the root "net" and a message that an ONNX reader accepts:
// the declared encoding decides which reader gets it.
TEST_F(Readers, ContentOfTwoEncodingsIsReadAsTheDeclaredOne) {
  const std::string net = "\n<net name=\"a\" version=\"11\">";
  ASSERT_EQ(net[1], 60);  // The length of what an ONNX reader skips as an unknown field.
  const std::string onnx =
      net + std::string(62 - net.size(), ' ') + "\x08\x08" +
      Field(7, Field(1, Field(1, "x") + Field(1, "w") + Field(2, "y") + Field(4, "Add")) +
                   Field(5, "\x08\x04\x10\x02" + Field(8, "w") +
                                test::ExternalTensor("secret.key") + "\x70\x01"));
  OpenWatch watch(directory_.path());
  const Error error = LoadError(BytesModel(Encoding::kOpenVino, {MakeBlob(onnx)}));
  EXPECT_EQ(error.code(), ErrorCode::kRuntimeError);
  EXPECT_TRUE(error.detail().contains(" is damaged or cut off: ")) << error.detail();
  EXPECT_TRUE(watch.Take().empty());
}

// y = x + 1
std::string Ir(std::string_view version = "11") {
  return R"(<?xml version="1.0"?><net name="add" version=")" + std::string(version) + R"("><layers>
    <layer id="0" name="x" type="Parameter" version="opset1"><data shape="2" element_type="f32"/>
      <output><port id="0" precision="FP32" names="x"><dim>2</dim></port></output></layer>
    <layer id="1" name="one" type="Const" version="opset1">
      <data element_type="f32" shape="2" offset="0" size="8"/>
      <output><port id="0" precision="FP32"><dim>2</dim></port></output></layer>
    <layer id="2" name="y" type="Add" version="opset1"><data auto_broadcast="numpy"/>
      <input><port id="0"><dim>2</dim></port><port id="1"><dim>2</dim></port></input>
      <output><port id="2" precision="FP32" names="y"><dim>2</dim></port></output></layer>
    <layer id="3" name="r" type="Result" version="opset1">
      <input><port id="0"><dim>2</dim></port></input></layer></layers>
    <edges><edge from-layer="0" from-port="0" to-layer="2" to-port="0"/>
      <edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>
      <edge from-layer="2" from-port="2" to-layer="3" to-port="0"/></edges></net>)";
}

std::string Ones() { return std::string("\0\0\x80\x3f\0\0\x80\x3f", 8); }

// For a model from a stream, or from a path without a dot, OpenVINO looks for ".bin" in the working
// directory, and takes it even in place of the weights that it was given.
TEST_F(Readers, WeightsOfAnIrAreItsOwnAndNoneOfTheWorkingDirectorys) {
  const auto expect_own_weights = [](const Graph& graph) {
    EXPECT_EQ(RunOnce(graph, {{{2}, {1, 2}}})[0], (std::vector<float>{2, 3}));
  };
  OpenWatch watch(directory_.path());
  expect_own_weights(
      *MustLoad(BytesModel(Encoding::kOpenVino, {MakeBlob(Ir()), MakeBlob(Ones())})));
  MustLoad(BytesModel(Encoding::kOpenVino, {ReadBlob(TinyModel("aliased.xml"))}));
  EXPECT_TRUE(watch.Take().empty());
  WriteFile("net", Ir());
  WriteFile("ones", Ones());
  fs::copy_file(TinyModel("aliased.xml"), "weightless");
  watch.Take();
  expect_own_weights(*MustLoad(FileModel(Encoding::kOpenVino, {"net", "ones"})));
  EXPECT_EQ(watch.Take(), (std::set<std::string>{"net", "ones"}));
  MustLoad(FileModel(Encoding::kOpenVino, {"weightless"}));
  EXPECT_EQ(watch.Take(), std::set<std::string>{"weightless"});
}

TEST_F(Readers, Version10OfAnIrIsBroughtUpToDate) {
  const auto graph =
      MustLoad(BytesModel(Encoding::kOpenVino, {MakeBlob(Ir("10")), MakeBlob(Ones())}));
  EXPECT_EQ(RunOnce(*graph, {{{2}, {1, 2}}})[0], (std::vector<float>{2, 3}));
  // Finds ports by the names of their operations.
  EXPECT_EQ(graph->FindInput("x"), 0U);
  EXPECT_EQ(graph->FindOutput("y"), 0U);
}

// The layout check would refuse each of them earlier.
TEST_F(Readers, ConstantsWithoutTheirMemoryAreRefusedHoweverTheyWereSpelled) {
  const std::string data = R"(<data element_type="f32" shape="2" offset="0" size="8"/>)";
  for (const std::string& other :
       {std::string(R"(<data element_type="f32" shape="2" value="ABCD"/>)"),
        std::string(R"(<data element_type="f32" shape="2" value="AB" offset="0" size="8"/>)")}) {
    std::string ir = Ir();
    ir.replace(ir.find(data), data.size(), other);
    const auto model =
        ReadModel({.encoding = Encoding::kOpenVino,
                   .parts = ModelLayout::Memory{.model = MakeBlob(ir), .weights = MakeBlob(Ones())},
                   .name = "m"},
                  std::nullopt);
    ASSERT_FALSE(model.has_value()) << other;
    EXPECT_EQ(model.error().detail(),
              "m has a constant with more elements than its bytes hold; no converter writes such a "
              "model, so convert it again");
  }
}

}  // namespace
}  // namespace namesake::openvino
