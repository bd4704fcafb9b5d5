// Many tenants of one host: the memory that a model takes for them in workers of their own and in
// one that serves all, and how long an inference takes when its worker ends.
//
//   tenants memory --backend onnxruntime --isolation host --tenants 16
//   tenants end --backend onnxruntime
//
// EfficientNet-Lite0 as ONNX, from the compiled cache.
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "namesake/host.h"
#include "namesake/log.h"
#include "namesake/worker.h"
#include "paired.h"
#include "process_memory.h"

namespace namesake::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const std::vector<std::uint64_t> kDims = {1, 3, 224, 224};

struct Options {
  // This one, as it was called.
  std::string program;
  std::string backend = "onnxruntime";
  std::string isolation = "host";
  int tenants = 16;
};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "namesake-tenants-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::exit(1);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// A host with the model "photo", and its workers' processes by a path of their own.
class World {
 public:
  explicit World(const Options& options) {
    std::vector<std::unique_ptr<Backend>> backends;
    for (const auto& known : InstalledBackends()) {
      if (known->name() != options.backend) continue;
      fs::create_symlink(fs::path(NAMESAKE_BINARY_DIR) / "libexec/namesake" /
                             fmt::format("namesake-backend-{}", known->name()),
                         program());
      backends.push_back(
          NewWorkerBackend({.name = std::string(known->name()),
                            .encodings = {known->encodings().begin(), known->encodings().end()},
                            .path = program()}));
    }
    const Isolation isolation = options.isolation == "host" ? Isolation::kHost : Isolation::kTenant;
    host_ = Must(Host::Create({.backends = std::move(backends),
                               .cache_dir = folder_.path() / "cache",
                               .isolation = isolation}));
    Must(host_->Register(
        "photo",
        {.encoding = Encoding::kOnnx,
         .source = ModelFiles{{NAMESAKE_SOURCE_DIR "/examples/models/efficientnet-lite0.onnx"}}}));
  }

  fs::path program() const { return folder_.path() / "backend"; }
  Host& host() { return *host_; }
  const Tenant& NewTenant() {
    return *Must(host_->AddTenant({.name = fmt::format("t{}", ++count_)}));
  }

 private:
  Folder folder_;
  std::unique_ptr<Host> host_;
  int count_ = 0;
};

// A tenant's context, open as long as this.
class Guest {
 public:
  Guest(Host& host, const Tenant& tenant)
      : view_(host.NewView({.tenant = tenant})), input_(Must(ByteSize(ElementType::kF32, kDims))) {
    context_ = Must(view_->InitExecutionContext(Must(view_->LoadByName("photo"))));
    Must(view_->SetInput(context_, 0, {.type = ElementType::kF32, .dims = kDims, .data = input_}));
  }
  void Infer() { Must(view_->Compute(context_)); }

 private:
  std::unique_ptr<View> view_;
  std::vector<std::byte> input_;
  ContextHandle context_{};
};

void MeasureMemory(const Options& options) {
  World world(options);
  std::vector<std::unique_ptr<Guest>> guests;
  for (int i = 0; i < options.tenants; ++i) {
    guests.push_back(std::make_unique<Guest>(world.host(), world.NewTenant()));
    guests.back()->Infer();
  }
  // Until a spare is there, too.
  std::this_thread::sleep_for(std::chrono::seconds(2));
  const Memory workers = MemoryOf(world.program());
  const Memory host = MemoryOf(options.program);
  fmt::print(
      "{}, isolation = \"{}\", {} tenants: {} processes of workers with {:.0f} MiB, the host "
      "{:.0f} MiB\n",
      options.backend, options.isolation, options.tenants, workers.processes,
      workers.proportional_mib, host.proportional_mib);
}

// The median of several ends, beside that of a new tenant's first load from the compiled cache.
void MeasureEnd(const Options& options) {
  constexpr int kTimes = 15;
  World world(options);
  Guest guest(world.host(), world.NewTenant());
  guest.Infer();
  std::vector<double> loads;
  std::vector<double> ends;
  for (int i = 0; i < kTimes; ++i) {
    // A spare is made a second after the last was taken.
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    if (options.isolation != "host") {
      const Tenant& tenant = world.NewTenant();
      loads.push_back(Time([&] { Guest(world.host(), tenant).Infer(); }));
      std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    }
    guest.Infer();
    std::atomic<bool> killed = false;
    Clock::time_point when;
    Clock::time_point answered;
    std::jthread infers([&] {
      // Ends with the inference that was under way when the worker ended.
      while (!killed) {
        guest.Infer();
        answered = Clock::now();
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const auto workers = world.host().Workers();
    when = Clock::now();
    for (const WorkerStatus& worker : workers) {
      if (worker.contexts > 0) ::kill(static_cast<pid_t>(worker.process), SIGKILL);
    }
    killed = true;
    infers.join();
    ends.push_back(std::chrono::duration<double>(answered - when).count());
  }
  constexpr double kMs = 1000;
  fmt::print(
      "{}, isolation = \"{}\": from a worker's end to the answer that was under way "
      "{:.1f} ms",
      options.backend, options.isolation, kMs * Median(ends));
  if (!loads.empty()) {
    fmt::print(", another tenant's first load and inference {:.1f} ms", kMs * Median(loads));
  }
  fmt::print("\n");
}

int Main(int argc, char** argv) {
  Options options{.program = argv[0]};
  CLI::App app("Measures many tenants of one host");
  app.require_subcommand(1);
  CLI::App* const memory = app.add_subcommand("memory");
  CLI::App* const end = app.add_subcommand("end");
  for (CLI::App* const command : {memory, end}) {
    command->add_option("--backend", options.backend);
    command->add_option("--isolation", options.isolation);
  }
  memory->add_option("--tenants", options.tenants);
  CLI11_PARSE(app, argc, argv);
  SetLogSink([](LogLevel, std::string_view) {});
  if (memory->parsed()) MeasureMemory(options);
  if (end->parsed()) MeasureEnd(options);
  return 0;
}

}  // namespace
}  // namespace namesake::bench

int main(int argc, char** argv) { return namesake::bench::Main(argc, argv); }
