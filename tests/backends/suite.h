// The fixture of the suite: the backend under test, and shorthands to load and run.
#ifndef NAMESAKE_TESTS_BACKENDS_SUITE_H_
#define NAMESAKE_TESTS_BACKENDS_SUITE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/subjects.h"
#include "namesake/backend.h"
#include "support/matchers.h"
#include "support/temp_dir.h"

namespace namesake::backends {

using test::Fails;
using test::FailsInDetail;
using test::IsOk;

using Dims = std::vector<std::uint64_t>;

// The backend of Subjects()[subject], which is the same for all tests.
Backend& BackendOf(std::size_t subject);

// An index into Subjects().
class Suite : public testing::TestWithParam<std::size_t> {
 protected:
  const Subject& subject() const { return Subjects()[GetParam()]; }
  Backend& backend() const { return BackendOf(GetParam()); }
  bool Claims(Capability feature) const { return backend().capabilities().Has(feature); }

  Result<std::shared_ptr<const Graph>> Load(const Model& model) const {
    return backend().Load(model, {}, Deadline::Never());
  }
  // Null, and a failed test, if it can't be loaded.
  std::shared_ptr<const Graph> MustLoad(const Model& model) const;
  // Null if the encoding has no such model.
  std::shared_ptr<const Graph> LoadFor(Purpose purpose) const;
  static std::unique_ptr<ExecutionContext> NewContext(const Graph& graph);
};

// A backend that only one test uses, whose workers are told from all others by their path. Without
// a spare, a test knows its workers.
class OwnBackend {
 public:
  explicit OwnBackend(const Subject& subject,
                      std::chrono::nanoseconds grace = std::chrono::seconds(2));

  Backend& operator*() const { return *backend_; }
  Backend* operator->() const { return backend_.get(); }

  // The path of its workers' processes, which worker/processes.h finds by it.
  std::filesystem::path program() const { return dir_.path() / "backend"; }
  // The only worker; waits for it, and fails the test if there is none or more than one.
  pid_t Worker() const;

 private:
  test::TempDir dir_;
  std::unique_ptr<Backend> backend_;
};

// The subjects that read real ONNX models, as indices into Subjects().
std::vector<std::size_t> RealOnnxSubjects();

inline std::string NameOf(const testing::TestParamInfo<std::size_t>& test) {
  return SubjectName(Subjects()[test.param]);
}

inline std::size_t CountOf(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::size_t{1}, std::multiplies());
}

template <typename T>
TensorView ViewOf(ElementType type, const Dims& dims, const std::vector<T>& values) {
  return {.type = type, .dims = dims, .data = std::as_bytes(std::span(values))};
}
inline TensorView F32(const Dims& dims, const std::vector<float>& values) {
  return ViewOf(ElementType::kF32, dims, values);
}

// The output's elements; empty, and a failed test, if there is none.
template <typename T>
std::vector<T> Output(ExecutionContext& context, std::size_t index) {
  const auto output = context.Output(index);
  EXPECT_THAT(output, IsOk());
  if (!output) return {};
  const auto* const begin = reinterpret_cast<const T*>(output->data.data());
  return {begin, begin + output->data.size() / sizeof(T)};
}
inline std::vector<float> Floats(ExecutionContext& context, std::size_t index = 0) {
  return Output<float>(context, index);
}

}  // namespace namesake::backends

#endif  // NAMESAKE_TESTS_BACKENDS_SUITE_H_
