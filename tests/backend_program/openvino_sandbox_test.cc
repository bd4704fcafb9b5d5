// OpenVINO in the whole sandbox: every encoding that the backend reads loads from virtual files,
// and an inference gives what it gives outside.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>
#include <openvino/runtime/core.hpp>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "backend_openvino/loader.h"
#include "backend_openvino/read_by.h"
#include "backend_openvino/runtime.h"
#include "backend_openvino/warm_up.h"
#include "backend_program/sandboxed.h"
#include "namesake/backend.h"

namespace namesake::backend_program {
namespace {

namespace fs = std::filesystem;

struct Sample {
  std::string name;
  Encoding encoding = Encoding::kOnnx;
  // The model's folder, and its files relative to it. The first is the model itself.
  fs::path folder{};
  std::vector<std::string> files{};
  // For a model that is a folder.
  bool is_folder = false;
};

std::ostream& operator<<(std::ostream& stream, const Sample& sample) {
  return stream << sample.name;
}

std::vector<Sample> Samples() {
  const fs::path tiny = fs::path(NAMESAKE_SOURCE_DIR) / "tests/data/models";
  const fs::path examples = fs::path(NAMESAKE_SOURCE_DIR) / "examples/models";
  const fs::path pitch =
      fs::path(NAMESAKE_DEPS_DIR) / "basic_pitch/basic_pitch/saved_models/icassp_2022";
  return {
      {"Onnx", Encoding::kOnnx, examples, {"efficientnet-lite0.onnx"}},
      {"OnnxWithWeights", Encoding::kOnnx, tiny, {"external.onnx", "external.weights"}},
      {"Ir", Encoding::kOpenVino, examples, {"efficientnet-lite0.xml", "efficientnet-lite0.bin"}},
      {"IrWithoutWeights", Encoding::kOpenVino, tiny, {"aliased.xml"}},
      {"TensorFlowLite", Encoding::kTensorFlowLite, pitch, {"nmp.tflite"}},
      {"FrozenGraph", Encoding::kTensorFlow, tiny, {"frozen.pb"}},
      {"SavedModel",
       Encoding::kTensorFlow,
       pitch / "nmp",
       {"saved_model.pb", "variables/variables.data-00000-of-00001", "variables/variables.index"},
       true},
  };
}

ServedFiles Served(const Sample& sample) {
  ServedFiles served{.library_folder = openvino::LibraryFolders().front()};
  for (const std::string& file : sample.files) served.files.push_back(sample.folder / file);
  return served;
}

std::vector<VirtualFile> Virtual(const Sample& sample) {
  std::vector<VirtualFile> files;
  for (const std::string& file : sample.files) {
    files.push_back({.path = file});
    if (::stat((sample.folder / file).c_str(), &files.back().status) != 0) std::abort();
  }
  return files;
}

// The sample as if it were in `folder`.
ModelLayout LayoutIn(const Sample& sample, const fs::path& folder) {
  ModelLayout::Files files{.model = sample.is_folder ? folder : folder / sample.files[0],
                           .companions = {}};
  for (std::size_t i = 1; i < sample.files.size(); ++i) {
    files.companions.push_back(folder / sample.files[i]);
  }
  if (sample.is_folder) files.companions.clear();
  return {.encoding = sample.encoding, .parts = std::move(files), .bytes = 1, .name = "the model"};
}

template <typename T>
T MustHave(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail());
  return *std::move(result);
}
void MustSucceed(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().detail());
}

std::shared_ptr<const Graph> Load(openvino::Runtime& runtime, ModelLayout layout) {
  const Model model{
      .encoding = layout.encoding, .target = Target::kCpu, .source = ModelFiles{}, .options = {}};
  return MustHave(openvino::LoadGraph(runtime, model, std::move(layout), {}, Deadline::Never()));
}

// A short name of all outputs, for inputs of ones with 1 in place of each free extent.
std::string Infer(const Graph& graph) {
  auto context = MustHave(graph.NewContext(Placement::Host()));
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    const TensorInfo& input = graph.inputs()[i];
    std::vector<std::uint64_t> dims;
    if (input.shape) {
      for (const Dim& extent : *input.shape) dims.push_back(extent.fixed() ? extent.min : 1);
    }
    std::size_t count = 1;
    for (const std::uint64_t extent : dims) count *= extent;
    const std::vector<float> ones(count, 1.0F);
    MustSucceed(context->SetInput(
        i, {.type = input.type, .dims = dims, .data = std::as_bytes(std::span(ones))}));
  }
  MustSucceed(context->Compute(Deadline::Never()));
  std::string text;
  for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
    const auto output = MustHave(context->Output(i));
    const std::string_view bytes(reinterpret_cast<const char*>(output.data.data()),
                                 output.data.size());
    text += fmt::format("{} bytes {:016x}; ", bytes.size(), std::hash<std::string_view>()(bytes));
  }
  return text;
}

// Prepares the process as a worker does before it gets a model.
void EnterSandboxWithOpenVino(Child& child, openvino::Runtime& runtime) {
  child.Must(openvino::LoadSystemLibraries());
  ConfineOptions options = LooseOptions();
  options.readable = openvino::WarmUpPaths();
  child.Must(Confine(options));
  child.Must(openvino::WarmUp(runtime));
  child.Must(LockSystemCalls({.library_folders = openvino::LibraryFolders(), .libraries = &child}));
}

Ended RunWithOpenVino(const Sample& sample,
                      const std::function<std::string(openvino::Runtime&)>& body) {
  const auto files = Virtual(sample);
  return RunInChild(
      [&](Child& child) {
        openvino::Runtime runtime;
        EnterSandboxWithOpenVino(child, runtime);
        const auto registered = VirtualFiles::Register("/models/7", files, child);
        child.Must(registered);
        child.Report(body(runtime));
        ::_exit(0);
      },
      Served(sample));
}

// Some of the files that are served.
class OffsetOpener : public FileOpener {
 public:
  OffsetOpener(FileOpener& all, std::size_t first) : all_(all), first_(first) {}
  virtual ~OffsetOpener() = default;

  int Open(std::size_t file) noexcept override { return all_.Open(first_ + file); }

 private:
  FileOpener& all_;
  std::size_t first_;
};

std::string OutsideOf(const Sample& sample) {
  const auto ended = RunInChild([&](Child& child) {
    openvino::Runtime runtime;
    child.Report(Infer(*Load(runtime, LayoutIn(sample, sample.folder))));
    ::_exit(0);
  });
  EXPECT_EQ(ended.exit_code, 0) << ended;
  return ended.report;
}

class OpenVinoSandboxTest : public ::testing::TestWithParam<Sample> {};

TEST_P(OpenVinoSandboxTest, LoadsAndInfersAsOutside) {
  const Sample& sample = GetParam();
  const std::string outside = OutsideOf(sample);
  const auto inside = RunWithOpenVino(sample, [&](openvino::Runtime& runtime) {
    return Infer(*Load(runtime, LayoutIn(sample, "/models/7")));
  });
  EXPECT_EQ(inside, Reported(outside));
}

// A compiled form goes through a stream, and back.
TEST(OpenVinoSandbox, ExportsAndImports) {
  const Sample sample = Samples().at(0);
  const auto inside = RunWithOpenVino(sample, [&](openvino::Runtime& runtime) {
    const auto core = MustHave(runtime.Core());
    const auto model =
        openvino::ReadBy("onnx", {"/models/7/" + sample.files[0]}, openvino::Weights::kMapped);
    std::stringstream stream;
    core->compile_model(model, "CPU").export_model(stream);
    auto imported = core->import_model(stream, "CPU");
    auto request = imported.create_infer_request();
    request.set_input_tensor(ov::Tensor(ov::element::f32, {1, 3, 224, 224}));
    request.infer();
    return std::to_string(request.get_output_tensor().get_size());
  });
  EXPECT_EQ(inside, Reported("1000"));
}

// OpenVINO counts processors while it warms up: it must see what it sees outside.
TEST(OpenVinoSandbox, UsesAsManyThreadsAsOutside) {
  const Sample sample = Samples().at(2);
  const auto threads = [&](openvino::Runtime& runtime, const fs::path& folder) {
    const auto core = MustHave(runtime.Core());
    const auto model = openvino::ReadBy(
        "ir", {(folder / sample.files[0]).string(), (folder / sample.files[1]).string()},
        openvino::Weights::kMapped);
    auto compiled = core->compile_model(model, "CPU");
    return std::to_string(compiled.get_property(ov::inference_num_threads));
  };
  const auto outside = RunInChild([&](Child& child) {
    openvino::Runtime runtime;
    child.Report(threads(runtime, sample.folder));
    ::_exit(0);
  });
  const auto inside = RunWithOpenVino(
      sample, [&](openvino::Runtime& runtime) { return threads(runtime, "/models/7"); });
  EXPECT_EQ(inside, outside);
}

// OpenVINO then loads the plugins of all devices, which look for drivers.
TEST(OpenVinoSandbox, FindsNoOtherDevice) {
  const auto inside = RunWithOpenVino(Samples().at(0), [](openvino::Runtime& runtime) {
    return MustHave(runtime.DeviceFor(Target::kAuto));
  });
  EXPECT_EQ(inside, Reported("CPU"));
}

// Several loads at once, each with files of its own.
TEST(OpenVinoSandbox, LoadsSeveralAtOnce) {
  const std::vector<Sample> samples = Samples();
  ServedFiles served = Served(samples[0]);
  served.files.clear();
  std::vector<std::vector<VirtualFile>> files;
  std::string outside;
  for (const Sample& sample : samples) {
    std::ranges::copy(Served(sample).files, std::back_inserter(served.files));
    files.push_back(Virtual(sample));
    outside += OutsideOf(sample);
  }
  const auto inside = RunInChild(
      [&](Child& child) {
        openvino::Runtime runtime;
        EnterSandboxWithOpenVino(child, runtime);
        std::vector<std::string> results(samples.size());
        {
          std::vector<std::jthread> loads;
          std::size_t first = 0;
          for (std::size_t i = 0; i < samples.size(); ++i) {
            loads.emplace_back([&, i, first] {
              OffsetOpener opener(child, first);
              const std::string root = "/models/" + std::to_string(i);
              const auto registered = VirtualFiles::Register(root, files[i], opener);
              child.Must(registered);
              results[i] = Infer(*Load(runtime, LayoutIn(samples[i], root)));
            });
            first += samples[i].files.size();
          }
        }
        for (const std::string& result : results) child.Report(result);
        ::_exit(0);
      },
      served);
  EXPECT_EQ(inside, Reported(outside));
}

INSTANTIATE_TEST_SUITE_P(Encodings, OpenVinoSandboxTest, ::testing::ValuesIn(Samples()),
                         [](const auto& sample) { return sample.param.name; });

}  // namespace
}  // namespace namesake::backend_program
