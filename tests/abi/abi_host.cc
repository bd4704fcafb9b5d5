#include "abi/abi_host.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "abi/counted_graph.h"
#include "abi/misbehaving_backend.h"
#include "base/fail.h"
#include "namesake/wasmtime.h"
#include "namesake/worker.h"
#include "support/matchers.h"

namespace namesake::test {
namespace {

constexpr std::array kEncodings = {Encoding::kOpenVino, Encoding::kOnnx, Encoding::kTensorFlowLite};

struct NamedModel {
  std::string_view name;
  std::string_view text;
};

// Models of the fake backend whose output repeats the input.
constexpr auto kModels = std::to_array<NamedModel>({
    {"identity", "io f32 2,3"},
    {"two", "io f32 2\nio i32 3"},
    {"none", ""},
    {"f16", "io f16 2"},
    {"f32", "io f32 2"},
    {"f64", "io f64 2"},
    {"u8", "io u8 2"},
    {"i32", "io i32 2"},
    {"i64", "io i64 2"},
    {"bf16", "io bf16 2"},
    {"i8", "io i8 2"},
    {"u32", "io u32 2"},
    {"bool", "io bool 2"},
    {"dynamic", "io u8 ?,3"},
    {"bounded", "io u8 2..4"},
    {"any", "io u8 ?"},
    {"square", "io u8 ?,?"},
    {"scalar", "io f32 scalar"},
    {"rank_64",
     "io u8 2,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
     "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1"},
    {"slow", "io u8 1\ncompute_waits"},
    {"slow_load", "io u8 1\nload_waits"},
    {"broken", "fail_load the weights are missing"},
    {"failing", "io u8 1\nfail_compute the device is lost"},
    {"models/photo", "io u8 1"},
    {" ", "io u8 1"},
    {"модель", "io u8 1"},
    {"🦀", "io u8 1"},
});

// 255 bytes, the longest name allowed.
const std::string kLongestName(255, 'n');

std::string_view ErrnoName(std::uint32_t number) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "success",       "invalid_argument",      "invalid_encoding", "missing_memory", "busy",
      "runtime_error", "unsupported_operation", "too_large",        "not_found"};
  return number < kNames.size() ? kNames[number] : "no errno of wasi-nn";
}

// Sizes in bytes.
std::vector<std::uintmax_t> PartSizes(const Model& model) {
  std::vector<std::uintmax_t> sizes;
  if (const auto* const bytes = std::get_if<ModelBytes>(&model.source)) {
    for (const Blob& part : bytes->parts) sizes.push_back(part->size());
  } else {
    for (const auto& path : std::get<ModelFiles>(model.source).paths) {
      sizes.push_back(std::filesystem::file_size(path));
    }
  }
  return sizes;
}

std::string LoadText(const Model& model, const std::vector<std::uintmax_t>& sizes) {
  return fmt::format("{} {} {} bytes", EncodingName(model.encoding), TargetName(model.target),
                     sizes.empty() ? "0" : fmt::to_string(fmt::join(sizes, "+")));
}

// Waits until the condition holds, or for 10 seconds.
template <typename Condition>
void WaitUntil(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// The functions that a guest imports from "test". They take plain numbers, so that they also work
// for a guest without a memory.
void DefineTestModule(wasmtime::Linker& linker, AbiHost& host, GuestIo& io) {
  const auto define = [&](std::string_view name, auto function) {
    linker.func_wrap("test", name, std::move(function)).unwrap();
  };
  define("errno",
         [&io](std::uint32_t number) { io.output += fmt::format("{}\n", ErrnoName(number)); });
  define("u32", [&io](std::uint32_t number) { io.output += fmt::format("{}\n", number); });
  // These begin or continue a line; `end_line` ends it.
  define("byte", [&io](std::uint32_t byte) { io.output += fmt::format("{:02x} ", byte); });
  define("f32", [&io](float number) { io.output += fmt::format("{} ", number); });
  define("char", [&io](std::uint32_t byte) { io.output += static_cast<char>(byte); });
  define("end_line", [&io] {
    while (io.output.ends_with(' ')) io.output.pop_back();
    io.output += '\n';
  });
  define("last_load", [&io, &host] { io.output += host.LastLoad() + "\n"; });
  fake::Counters& counters = host.counters();
  const auto count = [](const std::atomic<int>& number) {
    return static_cast<std::uint32_t>(number.load());
  };
  define("graphs", [&counters, count] { return count(counters.graphs); });
  define("contexts", [&counters, count] { return count(counters.contexts); });
  define("loads", [&counters, count] { return count(counters.loads); });
  define("computes", [&counters, count] { return count(counters.computes); });
  define("let_loads_go", [&counters] { counters.loading.Open(); });
  define("keep", [&io](std::uint32_t number) { io.kept = number; });
  define("kept", [&io] { return io.kept; });
}

std::unique_ptr<Backend> FakeWorkers() {
#ifdef NAMESAKE_FAKE_PROGRAM
  return NewWorkerBackend({.name = "fake",
                           .encodings = {kEncodings.begin(), kEncodings.end()},
                           .path = NAMESAKE_FAKE_PROGRAM,
                           .workers = {.spare = false}});
#else
  throw std::logic_error("workers can't be tested with sanitizers");
#endif
}

}  // namespace

// The fake backend of a machine without a TPU.
class AbiHost::RecordingBackend : public fake::Backend {
 public:
  // `workers` runs the graphs; null for this process.
  explicit RecordingBackend(AbiHost& host, std::unique_ptr<namesake::Backend> workers)
      : fake::Backend({kEncodings.begin(), kEncodings.end()}, host.counters_, "fake",
                      workers == nullptr ? Isolation::kProcess : Isolation::kTenant),
        host_(host),
        workers_(std::move(workers)) {}

  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override {
    const std::vector<std::uintmax_t> sizes = PartSizes(model);
    {
      const std::lock_guard lock(host_.mutex_);
      host_.last_load_ = LoadText(model, sizes);
    }
    if (sizes.empty()) {
      return base::Fail(ErrorCode::kInvalidArgument, "a model has one part or more");
    }
    if (model.target == Target::kTpu) return base::Fail(ErrorCode::kUnsupported, "there is no TPU");
    if (workers_ == nullptr) {
      return fake::Backend::LoadLayout(model, std::move(layout), options, deadline);
    }
    ++host_.counters_.loads;
    auto graph = workers_->LoadChecked(model, std::move(layout), options, deadline);
    if (!graph) return graph;
    return Counted(*std::move(graph), host_.counters_);
  }

 private:
  AbiHost& host_;
  const std::unique_ptr<namesake::Backend> workers_;
};

AbiHost::AbiHost(std::optional<std::uint64_t> max_guest_models, Isolation isolation)
    : isolation_(isolation) {
  HostOptions options{.isolation = isolation};
  options.backends.push_back(std::make_unique<RecordingBackend>(
      *this, isolation == Isolation::kProcess ? nullptr : FakeWorkers()));
  options.backends.push_back(NewMisbehavingBackend());
  if (max_guest_models) {
    options.limits.max_models = kModels.size() + 1 + MisbehavingModels().size() + *max_guest_models;
  }
  host_ = Host::Create(std::move(options)).value();
  tenants_.push_back(host_->default_tenant().shared_from_this());
  // Eager ones would all be loaded for each tenant.
  const LoadMode load = isolation == Isolation::kProcess ? LoadMode::kEager : LoadMode::kLazy;
  for (const NamedModel& named : kModels) {
    Model model = fake::NewModel(named.text);
    // In this process it is loaded once for all, so its bytes are not kept.
    model.isolation = isolation;
    // Otherwise those of one text would share a graph.
    model.options = {{"for", std::string(named.name)}};
    host_->Register(named.name, std::move(model), load).value();
  }
  Model longest = fake::NewModel("io u8 1");
  longest.options = {{"for", kLongestName}};
  host_->Register(kLongestName, std::move(longest), load).value();
  for (const std::string_view name : MisbehavingModels()) {
    Model model = fake::NewModel(name, Encoding::kGgml);
    model.isolation = Isolation::kProcess;
    host_->Register(name, std::move(model)).value();
  }
}

// A host waits for its loads.
AbiHost::~AbiHost() { counters_.loading.Open(); }

std::unique_ptr<View> AbiHost::NewView(TenantOptions tenant,
                                       std::vector<GuestDirectory> directories) {
  tenant.name += fmt::format(" {}", tenants_.size());
  tenants_.push_back(host_->AddTenant(std::move(tenant)).value());
  return host_->NewView({.tenant = *tenants_.back(),
                         .limits = std::nullopt,
                         .directories = std::move(directories),
                         .guest_deadline = {}});
}

std::string AbiHost::LastLoad() const {
  const std::lock_guard lock(mutex_);
  return last_load_;
}

int AbiHost::RegisteredGraphs() const {
  const auto count = [](const ModelStatus& model) {
    return model.state == ModelState::kReady && model.encoding != Encoding::kGgml ? 1 : 0;
  };
  int graphs = 0;
  if (isolation_ == Isolation::kProcess) {
    for (const ModelStatus& model : host_->Models()) graphs += count(model);
    return graphs;
  }
  // Each tenant has graphs of its own.
  for (const ModelStatus& model : host_->Models()) {
    for (const auto& tenant : tenants_) {
      const auto status = host_->Status(model.key.name.text(), Owner::Host(), *tenant);
      if (status) graphs += count(*status);
    }
  }
  return graphs;
}

void AbiHost::ExpectNothingLeft() {
  counters_.loading.Open();  // Loads that guests gave up.
  EXPECT_TRUE(host_->AwaitLoads(Deadline::After(std::chrono::seconds(10))));
  WaitUntil([&] { return counters_.graphs == RegisteredGraphs(); });
  EXPECT_EQ(counters_.contexts, 0) << "execution contexts outlive their view";
  EXPECT_EQ(counters_.graphs, RegisteredGraphs()) << "graphs outlive their view";
}

// A load that nobody waits for any longer keeps its reservations until it ends.
void AbiHost::ExpectNothingLeft(const Account& account) {
  ExpectNothingLeft();
  for (std::size_t i = 0; i < kResourceCount; ++i) {
    const auto resource = static_cast<Resource>(i);
    WaitUntil([&] { return account.used(resource) == 0; });
    EXPECT_EQ(account.used(resource), 0U) << LimitName(resource) << " of a view that has ended";
  }
}

void AbiHost::ExpectServes() {
  constexpr std::array<float, 6> kData = {1, 2, 3, 4, 5, 6};
  constexpr std::array<std::uint64_t, 2> kDims = {2, 3};
  const auto view = host_->NewView();
  const auto graph = view->LoadByName("identity");
  ASSERT_THAT(graph, IsOk());
  const auto context = view->InitExecutionContext(*graph);
  ASSERT_THAT(context, IsOk());
  ASSERT_THAT(
      view->SetInput(
          *context, 0,
          {.type = ElementType::kF32, .dims = kDims, .data = std::as_bytes(std::span(kData))}),
      IsOk());
  ASSERT_THAT(view->Compute(*context), IsOk());
  const auto output = view->GetOutput(*context, 0);
  ASSERT_THAT(output, IsOk());
  ASSERT_EQ(output->data.size(), sizeof kData);
  EXPECT_EQ(std::memcmp(output->data.data(), kData.data(), sizeof kData), 0);
}

GuestEngine& TestEngine() {
  static const std::shared_ptr<GuestEngine> engine =
      GuestEngine::Create({.interruptible = false, .shared_memories = true}).value();
  return *engine;
}

engine::Runtime& TestRuntime() {
  static const std::shared_ptr<engine::Runtime> runtime = engine::Runtime::Create({}).value();
  return *runtime;
}

wasmtime::Module CompileWat(const std::string& wat) {
  auto module = wasmtime::Module::compile(TestRuntime().engine(), std::string_view(wat));
  if (!module) throw std::runtime_error(module.err().message());
  return module.ok();
}

Result<GuestProgram> LoadWat(std::string_view wat, const GuestImports& imports,
                             GuestEngine& engine) {
  return engine.Load(std::as_bytes(std::span(wat)), "guest.wat", &imports);
}

Result<Guest> NewGuest(const std::string& wat, AbiHost& host, View& view, GuestIo& io) {
  const GuestImports imports{.module = [&](wasmtime_linker_t* raw) -> Result<void> {
    wasmtime::Linker linker(raw);
    DefineTestModule(linker, host, io);
    linker.capi_release();
    return {};
  }};
  const auto program = LoadWat(wat, imports);
  if (!program) return std::unexpected(program.error());
  return program->NewGuest(
      view, {.args = {"guest"}, .output = [&io](std::string_view text) { io.output += text; }});
}

std::string EndText(const GuestEnd& end) {
  if (const auto* exit = std::get_if<GuestExit>(&end)) return fmt::format("exit {}", exit->code);
  if (std::holds_alternative<GuestNotStarted>(end)) return "not started";
  if (std::holds_alternative<GuestStopped>(end)) return "stopped";
  return std::holds_alternative<GuestTimeout>(end) ? "timeout" : "trap";
}

}  // namespace namesake::test
