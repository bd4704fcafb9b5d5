// Models whose inputs decide what is read, written, shaped and repeated, on hostile values: each
// inference gives an answer or an error by its deadline, and the host lives on.
// docs/security.md has what became of them.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "backends/suite.h"
#include "namesake/account.h"
#include "worker/user.h"

namespace namesake::backends {
namespace {

namespace fs = std::filesystem;

const fs::path kModels = fs::path(NAMESAKE_SOURCE_DIR) / "tests/data";

struct Case {
  // An index into Subjects().
  std::size_t subject;
  std::string model;
};

std::string NameOfCase(const testing::TestParamInfo<Case>& one) {
  return SubjectName(Subjects()[one.param.subject]) + "_" + one.param.model;
}

std::ostream& operator<<(std::ostream& stream, const Case& one) {
  return stream << SubjectName(Subjects()[one.subject]) << " " << one.model;
}

// Without a worker, such a value would end or stop this process. The fake backend reads no such
// model.
bool IsPutToThis(const Subject& subject) {
  return subject.isolation == Isolation::kTenant && subject.encoding == Encoding::kOnnx &&
         subject.name != "fake";
}

// A model that the backend refuses to load, whatever the values.
bool Refuses(const Subject& subject, const std::string& model) {
  return subject.name == "openvino" && model == "slice_axes";
}

std::vector<Case> Cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kModels / "hostile")) {
    names.push_back(entry.path().stem());
  }
  std::ranges::sort(names);
  std::vector<Case> cases;
  for (std::size_t i = 0; i < Subjects().size(); ++i) {
    if (!IsPutToThis(Subjects()[i])) continue;
    for (const std::string& name : names) {
      if (!Refuses(Subjects()[i], name)) cases.push_back({i, name});
    }
  }
  return cases;
}

class HostileValues : public testing::TestWithParam<Case> {
 protected:
  HostileValues() {
    AccountLimits limits;
    // Far less than what some of the values ask for.
    limits.total(Resource::kWorkerMemory) = std::uint64_t{1} << 30;
    limits.max_tensor_bytes = std::uint64_t{1} << 28;
    options_.user = worker::User::Make("tenant \"acme\"", Account::Make("tenant \"acme\"", limits));
    options_.placement = Placement::Tenant(0, Isolation::kTenant);
  }

  Result<std::unique_ptr<ExecutionContext>> Context(const fs::path& model) {
    const auto graph =
        backend_->Load({.encoding = Encoding::kOnnx, .source = ModelFiles{.paths = {model}}},
                       options_, Deadline::Never());
    if (!graph) return std::unexpected(graph.error());
    return (*graph)->NewContext(options_.placement);
  }

  Result<void> Compute(ExecutionContext& context, std::int64_t value) {
    std::vector<std::uint64_t> dims;
    std::size_t count = 1;
    for (const Dim& dim : *context.graph().inputs().front().shape) {
      dims.push_back(dim.min);
      count *= dim.min;
    }
    const std::vector<std::int64_t> values(count, value);
    const TensorView input = {
        .type = ElementType::kI64, .dims = dims, .data = std::as_bytes(std::span(values))};
    if (auto set = context.SetInput(0, input); !set) return set;
    return context.Compute(Deadline::After(kTime));
  }

  static constexpr std::chrono::milliseconds kTime{500};

  LoadOptions options_;
  const OwnBackend backend_{Subjects()[GetParam().subject], std::chrono::milliseconds(100)};
};

TEST_P(HostileValues, GiveAnAnswerOrAnErrorInTime) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{-100}, std::int64_t{1} << 20,
        std::int64_t{1} << 31, std::int64_t{1} << 62, kLeast}) {
    const fs::path model = kModels / "hostile" / (GetParam().model + ".onnx");
    auto context = Context(model);
    // The worker of the last value may be ended meanwhile, which went on after its deadline.
    if (!context) context = Context(model);
    ASSERT_THAT(context, IsOk()) << value;
    const auto start = std::chrono::steady_clock::now();
    const auto computed = Compute(**context, value);
    // Much more than the deadline, and much less than a hang.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << value;
    std::printf("%s | %s | %lld | %s\n", Subjects()[GetParam().subject].name.c_str(),
                GetParam().model.c_str(), static_cast<long long>(value),
                computed ? "an answer" : computed.error().message().c_str());
  }
  auto honest = Context(kModels / "models/scalar.onnx");
  if (!honest) honest = Context(kModels / "models/scalar.onnx");
  ASSERT_THAT(honest, IsOk());
  const float one = 1;
  ASSERT_THAT((*honest)->SetInput(0, {.data = std::as_bytes(std::span(&one, 1))}), IsOk());
  EXPECT_THAT((*honest)->Compute(Deadline::After(std::chrono::seconds(30))), IsOk());
}

INSTANTIATE_TEST_SUITE_P(All, HostileValues, testing::ValuesIn(Cases()), NameOfCase);
// There are none under sanitizers.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HostileValues);

}  // namespace
}  // namespace namesake::backends
