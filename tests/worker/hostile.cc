#include "worker/hostile.h"

#include <algorithm>
#include <span>
#include <utility>

namespace namesake::worker {
namespace {

namespace fs = std::filesystem;

constexpr std::array<float, 4> kInput = {1, 2, 3, 4};

}  // namespace

void Hostile::SetUp() {
  before_ = HeldNow();
  UseUser({});
}

void Hostile::UseUser(const AccountLimits& limits) {
  load_options_.user = User::Make(std::string(kUser), Account::Make(std::string(kUser), limits));
}

void Hostile::TearDown() {
  load_options_.user = nullptr;
  EXPECT_TRUE(Eventually([&] { return HeldNow() == before_; }))
      << HeldNow() << " and not " << before_;
  for (const auto& entry : fs::directory_iterator(dir_.path())) {
    EXPECT_TRUE(Eventually([&] { return ProcessesOf(entry.path()).empty(); })) << entry.path();
  }
}

fs::path Hostile::ProgramPath(std::string_view start) const {
  return dir_.path() / ("hostile-" + std::string(start));
}

std::unique_ptr<Backend> Hostile::Program(std::string_view start, std::chrono::nanoseconds grace,
                                          const WorkerSettings& workers) {
  const fs::path path = ProgramPath(start);
  if (!fs::exists(path)) fs::create_symlink(NAMESAKE_HOSTILE_PROGRAM, path);
  return NewWorkerBackend({.name = "hostile",
                           .encodings = {Encoding::kOnnx},
                           .path = path,
                           .workers = workers,
                           .grace = grace});
}

Result<std::shared_ptr<const Graph>> Hostile::Load(Backend& backend, BackendOptions options,
                                                   Deadline deadline) {
  const fs::path model = fs::path(NAMESAKE_SOURCE_DIR) / "tests/data/models/same.onnx";
  return backend.Load({.encoding = Encoding::kOnnx,
                       .source = ModelFiles{.paths = {model}},
                       .options = std::move(options)},
                      load_options_, deadline);
}

std::unique_ptr<ExecutionContext> Hostile::NewContext(const Graph& graph) {
  auto context = graph.NewContext(Placement::Host());
  return context ? *std::move(context) : nullptr;
}

Result<void> Hostile::Compute(ExecutionContext& context, Deadline deadline) {
  const std::array<std::uint64_t, 1> dims = {4};
  const TensorView input = {.dims = dims, .data = std::as_bytes(std::span(kInput))};
  if (auto set = context.SetInput(0, input); !set) return set;
  return context.Compute(deadline);
}

void Hostile::AwaitOverdueEnd() {
  EXPECT_TRUE(Eventually([&] {
    return log_.Count("hostile for tenant \"acme\" went on after its deadline, and was ended") == 1;
  }));
}

void Hostile::ExpectUsable(Backend& backend) {
  const auto graph = Load(backend);
  ASSERT_THAT(graph, test::IsOk());
  const auto context = NewContext(**graph);
  ASSERT_THAT(Compute(*context), test::IsOk());
  const auto output = context->Output(0);
  ASSERT_THAT(output, test::IsOk());
  EXPECT_TRUE(std::ranges::equal(output->data, std::as_bytes(std::span(kInput))));
}

}  // namespace namesake::worker
