// Real networks answer what another program says they must, in every backend that reads them. What
// a backend refuses, it refuses with a reason.
#include "support/real_models.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "backends/suite.h"

namespace namesake::backends {
namespace {

using test::ExpectClose;
using test::Expected;
using test::FileModel;
using test::RealModel;
using test::RealModels;
using test::TinyModel;
using testing::EndsWith;
using testing::HasSubstr;

// What OpenVINO does not read, why in the words for the operator and for guests, and what helps.
struct Refusal {
  std::string_view model;
  std::string_view detail;
  std::string_view message;
  std::string_view remedy;
};

constexpr std::string_view kUnconverted = "it has operations that OpenVINO does not convert";
constexpr std::string_view kNotNeural =
    "ai.onnx.ml operations are not neural-network operations: choose the backend onnxruntime, or "
    "convert the model to tensor operations, for example with hummingbird-ml";

constexpr auto kOpenVinoRefuses = std::to_array<Refusal>({
    // What comes out of its branches is of unknown rank.
    {"silero_vad_of_two_rates",
     "its operation Conv-16 (\"If_0_then_branch__Inline_0__/decoder/decoder/2/Conv_output_0\") "
     "can't be converted: The input data tensor's rank has to be known (static)",
     "OpenVINO does not convert one of its operations as it is used there",
     "the backend onnxruntime may read it"},
    {"iris",
     "it has operations that OpenVINO does not convert: ai.onnx.ml.LinearClassifier, "
     "ai.onnx.ml.Scaler",
     kUnconverted, kNotNeural},
    {"iris_forest",
     "it has operations that OpenVINO does not convert: ai.onnx.ml.Scaler, "
     "ai.onnx.ml.TreeEnsembleClassifier",
     kUnconverted, kNotNeural},
});

// Null if OpenVINO reads it.
const Refusal* OpenVinoRefusal(const RealModel& model) {
  const auto* const found = std::ranges::find(kOpenVinoRefuses, model.name, &Refusal::model);
  return found == kOpenVinoRefuses.end() ? nullptr : found;
}

// ---- Each network in each backend that is to read its encoding

struct Case {
  // Indices into Subjects() and RealModels().
  std::size_t subject;
  std::size_t model;
};

std::string CaseName(const Case& test) {
  return SubjectName(Subjects()[test.subject]) + "_" + RealModels()[test.model].name;
}
void PrintTo(const Case& test, std::ostream* stream) { *stream << CaseName(test); }

std::vector<Case> Cases(bool (*chosen)(const Subject&, const RealModel&)) {
  std::vector<Case> cases;
  for (std::size_t subject = 0; subject < Subjects().size(); ++subject) {
    for (std::size_t model = 0; model < RealModels().size(); ++model) {
      if (chosen(Subjects()[subject], RealModels()[model])) cases.push_back({subject, model});
    }
  }
  return cases;
}

bool IsOfEncoding(const Subject& subject, const RealModel& model) {
  return subject.name != "fake" && subject.encoding == model.encoding;
}
bool IsRefused(const Subject& subject, const RealModel& model) {
  return IsOfEncoding(subject, model) && subject.name == "openvino" &&
         OpenVinoRefusal(model) != nullptr;
}
bool IsRead(const Subject& subject, const RealModel& model) {
  return IsOfEncoding(subject, model) && !IsRefused(subject, model);
}

class OfCase : public testing::TestWithParam<Case> {
 protected:
  const RealModel& model() const { return RealModels()[GetParam().model]; }
  Result<std::shared_ptr<const Graph>> Load() const {
    return BackendOf(GetParam().subject)
        .Load(FileModel(model().encoding, {model().path}), {}, Deadline::Never());
  }
};

std::string NameOfCase(const testing::TestParamInfo<Case>& test) { return CaseName(test.param); }

class RealNetworks : public OfCase {};

TEST_P(RealNetworks, AnswerAsExpected) {
  const auto graph = Load();
  ASSERT_THAT(graph, IsOk());
  const std::vector<float> values = model().run(**graph);
  ExpectClose(values, Expected(model().expected), model().tolerance);
  if (model().origin.empty()) return;
  SCOPED_TRACE("beside " + model().origin);
  ExpectClose(values, Expected(model().origin), model().origin_tolerance);
}

INSTANTIATE_TEST_SUITE_P(All, RealNetworks, testing::ValuesIn(Cases(IsRead)), NameOfCase);

class RefusedNetworks : public OfCase {};

TEST_P(RefusedNetworks, SayWhy) {
  const Refusal& refusal = *OpenVinoRefusal(model());
  const auto graph = Load();
  const auto ends = [&](std::string_view words) {
    return EndsWith(": " + std::string(words) + "; " + std::string(refusal.remedy));
  };
  EXPECT_THAT(graph, FailsInDetail(ErrorCode::kRuntimeError, ends(refusal.detail)));
  EXPECT_THAT(graph, FailsInDetail(ErrorCode::kRuntimeError, HasSubstr(model().path.string())));
  EXPECT_THAT(graph, Fails(ErrorCode::kRuntimeError, ends(refusal.message)));
}

INSTANTIATE_TEST_SUITE_P(All, RefusedNetworks, testing::ValuesIn(Cases(IsRefused)), NameOfCase);

// ---- ONNX in both backends

#ifdef NAMESAKE_TEST_ONNXRUNTIME

// An index into RealModels().
class RealOnnxNetworks : public testing::TestWithParam<std::size_t> {
 protected:
  static std::vector<float> Run(std::string_view backend) {
    for (std::size_t i = 0; i < Subjects().size(); ++i) {
      const Subject& subject = Subjects()[i];
      if (subject.name != backend || subject.encoding != Encoding::kOnnx ||
          subject.isolation != Isolation::kProcess) {
        continue;
      }
      const RealModel& model = RealModels()[GetParam()];
      return model.run(*test::MustLoad(BackendOf(i), FileModel(model.encoding, {model.path})));
    }
    return {};
  }
};

TEST_P(RealOnnxNetworks, AnswerTheSameInBothBackends) {
  const std::vector<float> values = Run("onnxruntime");
  EXPECT_FALSE(values.empty());
  ExpectClose(Run("openvino"), values, RealModels()[GetParam()].tolerance);
}

std::vector<std::size_t> ReadByBoth() {
  std::vector<std::size_t> models;
  for (std::size_t i = 0; i < RealModels().size(); ++i) {
    const RealModel& model = RealModels()[i];
    if (model.encoding == Encoding::kOnnx && OpenVinoRefusal(model) == nullptr) {
      models.push_back(i);
    }
  }
  return models;
}

INSTANTIATE_TEST_SUITE_P(All, RealOnnxNetworks, testing::ValuesIn(ReadByBoth()),
                         [](const auto& test) { return RealModels()[test.param].name; });

#endif  // NAMESAKE_TEST_ONNXRUNTIME

// ---- What no guest can take, whatever the backend

class UnusableOutputs : public Suite {
 protected:
  void ExpectRefused(std::string_view name, const std::string& why) const {
    const auto graph = Load(FileModel(Encoding::kOnnx, {TinyModel(name)}));
    const std::string end = ": " + why;
    EXPECT_THAT(graph, FailsInDetail(ErrorCode::kUnsupported, EndsWith(std::string(name) + end)));
    EXPECT_THAT(graph, Fails(ErrorCode::kUnsupported, EndsWith(end)));
  }
};

// skl2onnx makes both unless told otherwise.
TEST_P(UnusableOutputs, ASequenceOfMaps) {
  ExpectRefused(
      "iris_zipmap.onnx",
      "its output \"output_probability\" is a sequence of maps, which no guest can give "
      "or take; convert the model without it, in skl2onnx by options={\"zipmap\": False}");
}

TEST_P(UnusableOutputs, LabelsOfText) {
  ExpectRefused("iris_names.onnx",
                "its output \"label\" is a tensor of strings, which no guest can give or take; "
                "export the model with numeric tensors only");
}

INSTANTIATE_TEST_SUITE_P(All, UnusableOutputs, testing::ValuesIn(RealOnnxSubjects()), NameOf);

}  // namespace
}  // namespace namesake::backends
