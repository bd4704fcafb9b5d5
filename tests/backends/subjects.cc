#include "backends/subjects.h"

#include <array>
#include <filesystem>
#include <utility>

#include "backend_fake/fake_backend.h"
#include "namesake/onnxruntime.h"
#include "namesake/openvino.h"
#include "support/installed.h"

namespace namesake::backends {
namespace {

namespace fs = std::filesystem;

fake::Counters& FakeCounters() {
  static auto& counters = *new fake::Counters;
  return counters;
}

std::unique_ptr<Backend> NewFake() {
  return std::make_unique<fake::Backend>(std::vector{Encoding::kOnnx}, FakeCounters());
}

#if defined(NAMESAKE_TEST_WORKERS_RUN)
Subject InWorkers(const std::string& name, Encoding encoding, BackendProgram program) {
  return {name, encoding, Isolation::kTenant, [program] { return NewWorkerBackend(program); },
          program};
}
#endif

// Adds a backend in this process and in workers, for each of its encodings.
void Add(std::vector<Subject>& subjects, std::unique_ptr<Backend> (*make)()) {
  const auto backend = make();
  const std::string name(backend->name());
  for (const Encoding encoding : backend->encodings()) {
    subjects.push_back({name, encoding, Isolation::kProcess, make});
#if defined(NAMESAKE_TEST_WORKERS_RUN)
    subjects.push_back(InWorkers(name, encoding, test::InstalledProgram(name)));
#endif
  }
}

std::vector<Subject> AllSubjects() {
  std::vector<Subject> subjects = {{"fake", Encoding::kOnnx, Isolation::kProcess, NewFake}};
#if defined(NAMESAKE_TEST_WORKERS_RUN)
  subjects.push_back(
      InWorkers("fake", Encoding::kOnnx,
                {.name = "fake",
                 .encodings = {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlowLite},
                 .path = NAMESAKE_FAKE_PROGRAM}));
#endif
  Add(subjects, NewOpenVinoBackend);
#ifdef NAMESAKE_TEST_ONNXRUNTIME
  Add(subjects, NewOnnxRuntimeBackend);
#endif
  return subjects;
}

bool IsFake(const Subject& subject) { return subject.name == "fake"; }

Model FileModel(Encoding encoding, std::string_view name) {
  return {.encoding = encoding,
          .source = ModelFiles{.paths = {fs::path(NAMESAKE_SOURCE_DIR) / "tests/data" / name}}};
}

struct Named {
  Encoding encoding;
  Purpose purpose;
  // In tests/data.
  std::string_view file;
};

constexpr auto kModels = std::to_array<Named>({
    {Encoding::kOnnx, Purpose::kPlain, "models/same.onnx"},
    {Encoding::kOnnx, Purpose::kScalar, "models/scalar.onnx"},
    {Encoding::kOnnx, Purpose::kDynamic, "models/dynamic.onnx"},
    {Encoding::kOnnx, Purpose::kTwo, "models/two_in_two_out.onnx"},
    {Encoding::kOnnx, Purpose::kPassed, "models/passed.onnx"},
    {Encoding::kOnnx, Purpose::kRepeated, "models/repeated.onnx"},
    {Encoding::kOnnx, Purpose::kTotal, "models/total.onnx"},
    {Encoding::kOnnx, Purpose::kDoubleI64, "models/double_i64.onnx"},
    {Encoding::kOnnx, Purpose::kDoubleF64, "models/double_f64.onnx"},
    {Encoding::kOnnx, Purpose::kSlow, "suite/slow.onnx"},
    {Encoding::kOpenVino, Purpose::kPlain, "models/aliased.xml"},
    {Encoding::kOpenVino, Purpose::kScalar, "suite/scalar.xml"},
    {Encoding::kOpenVino, Purpose::kDynamic, "models/bounded.xml"},
    {Encoding::kOpenVino, Purpose::kTwo, "suite/two.xml"},
    {Encoding::kOpenVino, Purpose::kPassed, "suite/passed.xml"},
    {Encoding::kOpenVino, Purpose::kRepeated, "suite/repeated.xml"},
    {Encoding::kOpenVino, Purpose::kDoubleI64, "suite/double_i64.xml"},
    {Encoding::kOpenVino, Purpose::kDoubleF64, "suite/double_f64.xml"},
    {Encoding::kOpenVino, Purpose::kState, "models/counter.xml"},
    {Encoding::kOpenVino, Purpose::kSlow, "suite/slow.xml"},
    {Encoding::kTensorFlow, Purpose::kPlain, "models/frozen.pb"},
    {Encoding::kTensorFlow, Purpose::kScalar, "suite/scalar.pb"},
    {Encoding::kTensorFlow, Purpose::kDynamic, "suite/dynamic.pb"},
    {Encoding::kTensorFlow, Purpose::kTwo, "suite/two.saved"},
    {Encoding::kTensorFlow, Purpose::kPassed, "suite/passed.saved"},
    {Encoding::kTensorFlow, Purpose::kRepeated, "suite/repeated.pb"},
    {Encoding::kTensorFlow, Purpose::kDoubleI64, "suite/double_i64.pb"},
    {Encoding::kTensorFlow, Purpose::kDoubleF64, "suite/double_f64.pb"},
    {Encoding::kTensorFlow, Purpose::kSlow, "suite/slow.pb"},
    {Encoding::kTensorFlowLite, Purpose::kPlain, "models/two_signatures.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kScalar, "suite/scalar.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kDynamic, "suite/dynamic.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kTwo, "suite/two.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kPassed, "suite/passed.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kRepeated, "suite/repeated.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kDoubleI64, "suite/double_i64.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kDoubleF64, "suite/double_f64.tflite"},
    {Encoding::kTensorFlowLite, Purpose::kSlow, "suite/slow.tflite"},
});

std::optional<std::string_view> FakeText(Purpose purpose) {
  switch (purpose) {
    case Purpose::kPlain:
      return "io f32 2,3";
    case Purpose::kScalar:
      return "io f32 scalar";
    case Purpose::kDynamic:
      return "io f32 ?,3";
    case Purpose::kTwo:
      return "io f32 2,2\nio f32 2,2";
    case Purpose::kPassed:
      return "io f32 4\nout f32 4";
    case Purpose::kRepeated:
      return "in f32 4\nout f32 4\nout f32 4";
    case Purpose::kTotal:
      return "io f32 ?,3";
    case Purpose::kSlow:
      return "io f32 ?,1\ncompute_ms 100";
    default:
      return std::nullopt;
  }
}

}  // namespace

const std::vector<Subject>& Subjects() {
  static const auto& subjects = *new std::vector<Subject>(AllSubjects());
  return subjects;
}

std::string SubjectName(const Subject& subject) {
  std::string name = subject.name;
  name.append("_").append(EncodingName(subject.encoding));
  return name.append("_").append(IsolationName(subject.isolation));
}

std::optional<Model> ModelFor(const Subject& subject, Purpose purpose) {
  if (IsFake(subject)) {
    const auto text = FakeText(purpose);
    return text ? std::optional(fake::NewOnnxModel(*text)) : std::nullopt;
  }
  for (const Named& model : kModels) {
    if (model.encoding != subject.encoding || model.purpose != purpose) continue;
    return FileModel(model.encoding, model.file);
  }
  return std::nullopt;
}

std::vector<Model> SameBytes(const Subject& subject, ElementType type) {
  const std::string name(ElementTypeName(type));
  if (IsFake(subject)) return {fake::NewOnnxModel("io " + name + " 2,1,3")};
  const std::string same = "suite/same_" + name;
  switch (subject.encoding) {
    case Encoding::kOnnx:
      return {FileModel(Encoding::kOnnx, "models/reshape_" + name + ".onnx")};
    case Encoding::kOpenVino:
      return {FileModel(Encoding::kOpenVino, same + ".xml")};
    case Encoding::kTensorFlow:
      return {FileModel(Encoding::kTensorFlow, same + ".pb"),
              FileModel(Encoding::kTensorFlow, same + ".saved")};
    case Encoding::kTensorFlowLite:
      return {FileModel(Encoding::kTensorFlowLite, same + ".tflite")};
    default:
      return {};
  }
}

Sample PlainSample(const Subject& subject) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  if (IsFake(subject)) return {{2, 3}, values, values};
  switch (subject.encoding) {
    case Encoding::kTensorFlow:
      // relu(x W + b) with W = [1 -1; 2 0.5; -3 4] and b = [0.25 -0.5].
      return {{2, 3}, {1, 2, 3, -1, 0, 1}, {0, 11.5, 0, 4.5}};
    case Encoding::kTensorFlowLite:
      return {{1, 4}, {1, 2, 3, 4}, {-1, -2, -3, -4}};
    default:
      return {{2, 3}, values, values};
  }
}

}  // namespace namesake::backends
