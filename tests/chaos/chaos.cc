// Chaos: eight tenants infer while their workers are killed at random, and models are replaced and
// evicted.
//
//   namesake_chaos [--seconds 60] [--seed N] [--without-replay]
//
// What must hold: each result is right; no call fails but those of the tenant whose values end
// workers, and those of contexts whose state was lost; each call ends in its time; at the end the
// accounts hold nothing, and no process, descriptor or thread is left. Without replay, it must not.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "namesake/host.h"
#include "namesake/log.h"
#include "support/installed.h"
#include "worker/fleet.h"
#include "worker/processes.h"
#include "worker/worker_backend.h"

namespace namesake::chaos {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kInferenceTime{20};
constexpr std::chrono::seconds kGrace{1};
constexpr int kTenants = 8;
// Its guests give the values that end workers.
constexpr int kGuilty = 7;
// Models that evict each other.
constexpr int kAlbum = 3;
constexpr std::string_view kStateLost = "the state that this context kept was lost";

struct Options {
  int seconds = 60;
  std::uint64_t seed = 1;
  bool without_replay = false;
};

fs::path Data(std::string_view name) { return fs::path(NAMESAKE_SOURCE_DIR) / "tests/data" / name; }

Model FileModel(const fs::path& path, Encoding encoding, Isolation isolation,
                std::string backend = "") {
  return {.encoding = encoding,
          .source = ModelFiles{.paths = {path}},
          .backend = std::move(backend),
          .isolation = isolation};
}

// Counts what happened, and keeps what must not have.
class Report {
 public:
  void Count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++counts_[what];
  }
  void CountRight(std::string_view what) {
    Count(fmt::format("right results of {}", what));
    ++right_;
  }
  int right() const { return right_; }
  void Fail(std::string what) {
    const std::lock_guard lock(mutex_);
    ++failures_;
    if (failures_ <= 20) fmt::print("FAILED: {}\n", what);
  }
  bool Print() const {
    const std::lock_guard lock(mutex_);
    for (const auto& [what, count] : counts_) fmt::print("{:>8} {}\n", count, what);
    fmt::print("{:>8} failures\n", failures_);
    return failures_ == 0;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> counts_;
  int failures_ = 0;
  std::atomic<int> right_ = 0;
};

class Observer : public WorkerObserver {
 public:
  explicit Observer(Report& report) : report_(report) {}
  void OnStarted(const WorkerStatus& worker) override {
    report_.Count(fmt::format("workers started: {}", WorkerPurposeName(worker.purpose)));
  }
  void OnEnded(const WorkerEnd& end) override {
    report_.Count("workers ended: " + end.reason.substr(0, 40));
  }
  void OnVerdict(const WorkerVerdict& verdict) override {
    report_.Count("verdicts on " + verdict.owner);
    if (verdict.owner != fmt::format("tenant \"t{}\"", kGuilty)) {
      report_.Fail("a verdict on " + verdict.owner + " for " + verdict.model);
    }
  }

 private:
  Report& report_;
};

std::vector<std::unique_ptr<Backend>> Backends(const Options& options) {
  std::vector<std::unique_ptr<Backend>> backends;
  for (const char* const name : {"onnxruntime", "openvino"}) {
    BackendProgram program = test::InstalledProgram(name);
    backends.push_back(worker::NewBackend({.backend = program.name,
                                           .program = program.path,
                                           .encodings = program.encodings,
                                           .option_keys = program.option_keys,
                                           .keeps_spare = true,
                                           .grace = kGrace,
                                           .runs_again = !options.without_replay}));
  }
  return backends;
}

class World {
 public:
  explicit World(const Options& options) : options_(options) {
    HostOptions host{.backends = Backends(options),
                     // One of the album beside the photo.
                     .limits = {.max_total_model_bytes = std::uint64_t{24} << 20,
                                .inference_timeout = kInferenceTime,
                                .max_worker_memory_bytes = std::uint64_t{4} << 30},
                     .worker_observer = std::make_shared<Observer>(report_)};
    host_ = Host::Create(std::move(host)).value();
    Register("photo", Photo(), LoadMode::kEager);
    for (int i = 0; i < kAlbum; ++i) {
      Model model = Photo();
      model.options = {{"threads", fmt::to_string(i + 1)}};
      Register(AlbumName(i), std::move(model), LoadMode::kLazy);
    }
    Register("shared", Same(Isolation::kHost), LoadMode::kEager);
    Register("wide",
             FileModel(Data("hostile/range_limit.onnx"), Encoding::kOnnx, Isolation::kTenant,
                       "openvino"),
             LoadMode::kLazy);
    Register("state",
             FileModel(Data("models/counter.xml"), Encoding::kOpenVino, Isolation::kTenant),
             LoadMode::kEager);
    Register(
        "range",
        FileModel(Data("hostile/range_step.onnx"), Encoding::kOnnx, Isolation::kHost, "openvino"),
        LoadMode::kEager);
    for (int i = 0; i < kTenants; ++i) {
      auto tenant =
          host_->AddTenant({.name = fmt::format("t{}", i),
                            .limits = {.max_worker_memory_bytes = std::uint64_t{1} << 30}});
      tenants_.push_back(tenant.value());
      Must(host_->Register("own", Same(Isolation::kTenant), LoadMode::kLazy, *tenants_.back()));
    }
  }

  bool Run() {
    ExpectRightAtFirst();
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kTenants; ++i) threads.emplace_back([this, i] { Work(i); });
      threads.emplace_back([this] { KillWorkers(); });
      threads.emplace_back([this] { ReplaceModels(); });
    }
    ExpectNothingHeld();
    host_ = nullptr;
    tenants_.clear();
    return report_.Print();
  }

 private:
  static std::string AlbumName(int index) { return fmt::format("album{}", index); }
  static Model Photo() {
    return FileModel(fs::path(NAMESAKE_SOURCE_DIR) / "examples/models/efficientnet-lite0.onnx",
                     Encoding::kOnnx, Isolation::kHost);
  }
  static Model Same(Isolation isolation) {
    return FileModel(Data("models/same.onnx"), Encoding::kOnnx, isolation);
  }
  static void Must(const Result<void>& result) {
    if (result) return;
    fmt::print("can't begin: {}\n", result.error().detail());
    std::exit(2);
  }
  void Register(std::string_view name, Model model, LoadMode load) {
    Must(host_->Register(name, std::move(model), load));
  }
  bool over() const { return Clock::now() >= end_; }

  // The network's answer to `Pattern(1)`, before there is any chaos.
  void ExpectRightAtFirst() {
    const auto view = host_->NewView({.tenant = *tenants_.front()});
    const auto output = Infer<float>(*view, "photo", {1, 3, 224, 224}, Pattern(1));
    if (!output) Must(std::unexpected(output.error()));
    photo_ = *output;
  }
  static std::vector<float> Pattern(float factor) {
    std::vector<float> values(std::size_t{224} * 224 * 3);
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = factor * static_cast<float>(i % 255) / 255;
    }
    return values;
  }

  template <typename T>
  static Result<std::vector<T>> InferIn(View& view, ContextHandle context,
                                        const std::vector<std::uint64_t>& dims,
                                        const std::vector<T>& input) {
    const TensorView tensor = {
        .type = std::is_same_v<T, float> ? ElementType::kF32 : ElementType::kI64,
        .dims = dims,
        .data = std::as_bytes(std::span(input))};
    if (auto set = view.SetInput(context, 0, tensor); !set) return std::unexpected(set.error());
    if (auto computed = view.Compute(context); !computed) return std::unexpected(computed.error());
    const auto output = view.GetOutput(context, 0);
    if (!output) return std::unexpected(output.error());
    std::vector<T> values(output->data.size() / sizeof(T));
    std::memcpy(values.data(), output->data.data(), output->data.size());
    return values;
  }
  template <typename T>
  static Result<std::vector<T>> Infer(View& view, std::string_view name,
                                      const std::vector<std::uint64_t>& dims,
                                      const std::vector<T>& input) {
    const auto graph = view.LoadByName(name);
    if (!graph) return std::unexpected(graph.error());
    const auto context = view.InitExecutionContext(*graph);
    if (!context) return std::unexpected(context.error());
    auto output = InferIn<T>(view, *context, dims, input);
    static_cast<void>(view.FinalizeExecutionContext(*context));
    static_cast<void>(view.Unload(*graph));
    return output;
  }

  void Work(int tenant) {
    std::mt19937_64 random(options_.seed * 100 + static_cast<std::uint64_t>(tenant));
    while (!over()) {
      const auto view = host_->NewView({.tenant = *tenants_[static_cast<std::size_t>(tenant)]});
      for (int i = 0; i < 20 && !over(); ++i) {
        const auto began = Clock::now();
        Step(tenant, *view, random);
        if (Clock::now() - began > kInferenceTime + 2 * kGrace + std::chrono::seconds(10)) {
          report_.Fail(fmt::format("a call of t{} took longer than it may", tenant));
        }
      }
    }
  }
  void Step(int tenant, View& view, std::mt19937_64& random) {
    if (tenant == kGuilty && random() % 4 == 0) return EndAWorker(view);
    if (tenant == kGuilty && random() % 16 == 0) return TakeTooMuchMemory(view);
    switch (random() % 6) {
      case 0:
        return ComparePhoto(view, "photo");
      case 5:
        return CompareAlbum(view, random);
      case 1:
        return CompareState(view, random);
      case 2:
        return CompareSame(view, "own", random);
      case 3:
        return tenant == kGuilty ? ComparePhoto(view, "photo") : CompareRange(view);
      default:
        return CompareSame(view, "shared", random);
    }
  }

  void Judge(std::string_view what, bool right, const Error* error) {
    if (error != nullptr) {
      report_.Fail(fmt::format("{}: {}", what, error->detail()));
    } else if (!right) {
      report_.Fail(fmt::format("{}: a wrong result", what));
    } else {
      report_.CountRight(what);
    }
  }
  template <typename T>
  static const Error* ErrorOf(const Result<T>& result) {
    return result ? nullptr : &result.error();
  }

  // One at a time, as more have no room; each evicts another.
  void CompareAlbum(View& view, std::mt19937_64& random) {
    const std::lock_guard lock(album_);
    const std::string name = AlbumName(static_cast<int>(random() % kAlbum));
    if (host_->Status(name, Owner::Host(), Owner::Host())->state == ModelState::kRegistered) {
      report_.Count("loads of models that had been evicted");
    }
    ComparePhoto(view, name);
  }
  void ComparePhoto(View& view, std::string_view name) {
    const auto output = Infer<float>(view, name, {1, 3, 224, 224}, Pattern(1));
    bool right = output && output->size() == photo_.size();
    for (std::size_t i = 0; right && i < photo_.size(); ++i) {
      right = std::abs((*output)[i] - photo_[i]) < 1e-4F;
    }
    Judge(name, right, ErrorOf(output));
  }
  void CompareSame(View& view, std::string_view name, std::mt19937_64& random) {
    std::vector<float> values(6);
    for (float& value : values) value = static_cast<float>(random() % 1000);
    const auto output = Infer<float>(view, name, {2, 3}, values);
    Judge(name, output && *output == values, ErrorOf(output));
  }
  // The others use the graph that the guilty one's values end.
  void CompareRange(View& view) {
    const auto output = Infer<std::int64_t>(view, "range", {1}, {1});
    Judge("range", output && !output->empty(), ErrorOf(output));
  }
  void CompareState(View& view, std::mt19937_64& random) {
    const auto graph = view.LoadByName("state");
    if (!graph) return Judge("state", false, &graph.error());
    const auto context = view.InitExecutionContext(*graph);
    if (!context) return Judge("state", false, &context.error());
    float expected = 0;
    bool is_first = true;
    for (int i = 0; i < 10; ++i) {
      const auto value = static_cast<float>(random() % 8);
      const auto output = InferIn<float>(view, *context, {1}, {value});
      if (!output && output.error().message().starts_with(kStateLost)) {
        report_.Count("states lost");
        expected = 0;
        is_first = true;
        continue;
      }
      // The first input counts twice.
      expected += value;
      if (is_first) expected += value;
      is_first = false;
      Judge("state", output && *output == std::vector<float>{expected}, ErrorOf(output));
      if (!output) break;
    }
    static_cast<void>(view.FinalizeExecutionContext(*context));
    static_cast<void>(view.Unload(*graph));
  }
  // By a step of 0.
  void EndAWorker(View& view) {
    const auto output = Infer<std::int64_t>(view, "range", {1}, {0});
    report_.Count(output ? "guilty calls that went well" : "guilty calls that failed");
  }

  // In its own worker, more than the tenant may have, but not so much that no memory is given in
  // the first place. OpenVINO takes 12 bytes for each of them.
  void TakeTooMuchMemory(View& view) {
    constexpr std::int64_t kCount = std::int64_t{90} << 20;
    const auto output = Infer<std::int64_t>(view, "wide", {1}, {kCount});
    report_.Count(output ? "guilty calls that went well"
                         : "guilty calls: " + output.error().message().substr(0, 60));
  }

  void KillWorkers() {
    std::mt19937_64 random(options_.seed);
    constexpr std::array<int, 3> kSignals = {SIGKILL, SIGSEGV, SIGSTOP};
    while (!over()) {
      std::this_thread::sleep_for(milliseconds(100 + random() % 300));
      // However slow the machine, something goes on between two ends.
      const int before = report_.right();
      while (!over() && report_.right() < before + 10) {
        std::this_thread::sleep_for(milliseconds(10));
      }
      std::vector<WorkerStatus> workers = host_->Workers();
      // A call that ends a worker again is guilty, so these are left alone.
      std::erase_if(workers, [](const WorkerStatus& worker) {
        return worker.purpose == WorkerPurpose::kRunsAgain || worker.process <= 0;
      });
      if (workers.empty()) continue;
      const WorkerStatus& chosen = workers[random() % workers.size()];
      const int signal = kSignals[random() % kSignals.size()];
      worker::Signal(static_cast<pid_t>(chosen.process), signal);
      report_.Count(fmt::format("workers sent signal {}", signal));
    }
  }
  void ReplaceModels() {
    std::mt19937_64 random(options_.seed + 1);
    while (!over()) {
      std::this_thread::sleep_for(milliseconds(300 + random() % 500));
      const auto tenant = tenants_[random() % kTenants];
      const bool shared = random() % 2 == 0;
      Model model = Same(shared ? Isolation::kHost : Isolation::kTenant);
      // Else the graph of the old one would do for it.
      is_other_ = !is_other_;
      if (is_other_) model.options = {{"threads", "1"}};
      auto replaced = shared ? host_->Replace("shared", std::move(model), LoadMode::kEager,
                                              Owner::Host(), Deadline::Never())
                             : host_->Replace("own", std::move(model), LoadMode::kLazy, *tenant,
                                              Deadline::Never());
      Judge("replacements", true, ErrorOf(replaced));
    }
  }

  void ExpectNothingHeld() {
    for (const auto& tenant : tenants_) {
      const auto used = tenant->account().used(Resource::kContexts);
      if (used != 0) report_.Fail(fmt::format("{} still holds {} contexts", tenant->name(), used));
      const auto tensors = tenant->account().used(Resource::kTensorBytes);
      if (tensors != 0) report_.Fail(fmt::format("{} holds {} B", tenant->name(), tensors));
    }
  }

  const Options options_;
  Report report_;
  const Clock::time_point end_ = Clock::now() + std::chrono::seconds(options_.seconds);
  std::unique_ptr<Host> host_;
  std::vector<std::shared_ptr<const Tenant>> tenants_;
  std::vector<float> photo_;
  std::mutex album_;
  bool is_other_ = false;  // Of the thread that replaces.
};

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("Kills workers at random while tenants infer");
  app.add_option("--seconds", options.seconds);
  app.add_option("--seed", options.seed);
  app.add_flag("--without-replay", options.without_replay);
  CLI11_PARSE(app, argc, argv);
  SetLogSink([](LogLevel, std::string_view) {});
  worker::Held before;
  bool good = false;
  for (int i = 0; i < 2; ++i) {
    // What is made once for the process is there after the first.
    Options now = options;
    if (i == 0) now.seconds = 1;
    before = worker::HeldNow();
    good = World(now).Run();
  }
  for (int i = 0; i < 100 && worker::HeldNow() != before; ++i) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  if (worker::HeldNow() != before) {
    fmt::print("FAILED: descriptors or threads are left\n");
    good = false;
  }
  return good ? 0 : 1;
}

}  // namespace
}  // namespace namesake::chaos

int main(int argc, char** argv) { return namesake::chaos::Main(argc, argv); }
