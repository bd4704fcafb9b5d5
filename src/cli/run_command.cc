#include "cli/run_command.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "cli/cache_dirs.h"
#include "cli/exit_code.h"
#include "cli/hangup.h"
#include "cli/phases.h"
#include "cli/report.h"
#include "cli/status_socket.h"
#include "cli/worker_log.h"
#include "cli/workers_command.h"
#include "namesake/configured_host.h"
#include "namesake/guest.h"
#include "namesake/host.h"
#include "namesake/log.h"
#include "namesake/places.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

// Suggests HOST::GUEST for HOST:GUEST. Other programs use a single colon, but paths may contain
// one.
std::string TwoColons(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return "";
  const std::string host = text.substr(0, colon);
  const std::string guest = text.substr(colon + 1);
  std::error_code ignored;
  if (guest.contains(':') || !fs::is_directory(host, ignored)) return "";
  return fmt::format("; did you mean {}::{}?", host, guest);
}

Result<GuestDirectory> ParseDir(const std::string& text) {
  const auto separator = text.find("::");
  GuestDirectory dir = {.host = text.substr(0, separator),
                        .guest = text.substr(separator == std::string::npos ? 0 : separator + 2)};
  if (dir.host.empty() || dir.guest.empty() || !base::IsUtf8(text)) {
    return base::Fail(ErrorCode::kInvalidArgument, "expected HOST or HOST::GUEST, in UTF-8");
  }
  std::error_code error;
  if (!fs::is_directory(dir.host, error) && !error) {
    error = std::make_error_code(std::errc::not_a_directory);
  }
  if (!error && ::access(dir.host.c_str(), R_OK | X_OK) != 0) {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error) return dir;
  return base::Fail(ErrorCode::kRuntimeError, "can't open {} as a directory for the guest: {}{}",
                    dir.host.string(), error.message(), TwoColons(text));
}

Result<std::pair<std::string, std::string>> ParseEnv(const std::string& text) {
  const auto separator = text.find('=');
  std::string name = text.substr(0, separator);
  if (name.empty()) {
    return base::Fail(ErrorCode::kInvalidArgument, "--env {}: expected NAME or NAME=VALUE", text);
  }
  if (separator != std::string::npos) return std::pair(name, text.substr(separator + 1));
  const char* const inherited = std::getenv(name.c_str());
  if (inherited == nullptr) {
    return base::Fail(ErrorCode::kInvalidArgument,
                      "--env {}: the variable is not set here; write --env {}=VALUE", name, name);
  }
  return std::pair(name, std::string(inherited));
}

int ReportTimeout(std::chrono::nanoseconds timeout, std::string_view where) {
  return Report(kGuestTrapped, "the guest was stopped after its guest_timeout of {}{}",
                base::DurationText(timeout), where);
}

// Exits at once: the guest may be waiting in a vendor's code, and no destructor can wait for that.
void EndWhenOverdue(const InstanceLimits& limits, GuestOptions& guest) {
  if (!limits.guest_timeout) return;
  guest.on_overdue = [timeout = *limits.guest_timeout] {
    ::_exit(ReportTimeout(timeout, " while it waited in a host call"));
  };
}

Result<GuestOptions> ParseGuest(const RunOptions& options) {
  GuestOptions guest;
  guest.args = options.guest_and_args;
  for (const std::string& text : options.env) {
    auto variable = ParseEnv(text);
    if (!variable) return base::Fail(variable);
    guest.env.push_back(*std::move(variable));
  }
  std::set<std::string> guest_dirs;
  for (const std::string& text : options.dirs) {
    auto dir = ParseDir(text);
    if (!dir) return std::unexpected(dir.error().WithContext("--dir " + base::Printable(text)));
    if (!guest_dirs.insert(dir->guest).second) {
      return base::Fail(ErrorCode::kInvalidArgument,
                        "--dir {}: the guest already has a directory {}", text, dir->guest);
    }
    guest.directories.push_back(*std::move(dir));
  }
  return guest;
}

// Everything from the command line and the configuration, parsed.
struct Plan {
  ChosenConfig chosen;
  GuestOptions guest;
  // The limits of the tenant's instances.
  InstanceLimits limits;
  CacheDirs cache;
  // Whether the command line or the configuration chose the cache directory.
  bool cache_is_chosen;
  fs::path file;
};

std::vector<fs::path> PathsOf(const std::vector<GuestDirectory>& directories) {
  std::vector<fs::path> paths;
  for (const GuestDirectory& directory : directories) paths.push_back(directory.host);
  return paths;
}

std::vector<Place> PlacesOfCommand(const fs::path& guest, const std::optional<fs::path>& cache_dir,
                                   const std::string& chosen_by) {
  std::vector<Place> places = PlacesOfProcess();
  places.push_back({.path = guest, .what = "the guest itself"});
  if (!cache_dir) return places;
  std::ranges::move(CachePlaces(*cache_dir, chosen_by), std::back_inserter(places));
  places.push_back({.path = *cache_dir / "modules",
                    .what = "its cache",
                    .use = PlaceUse::kWrites,
                    .chosen_by = chosen_by});
  return places;
}

enum class CacheState : std::uint8_t { kUsable, kGivenUp };

// Keeps the guest from writing to the host's own directories. `cache_dir` is empty for none.
Result<CacheState> GuardDirs(const std::optional<fs::path>& cache_dir, const std::string& chosen_by,
                             Plan& plan) {
  auto guard = GuardHost(plan.chosen.config, PlacesOfCommand(plan.file, cache_dir, chosen_by),
                         PathsOf(plan.guest.directories));
  if (!guard) return base::Fail(guard);
  for (const std::string& warning : guard->warnings) base::Log().warn("{}", warning);
  for (std::size_t i = 0; i < plan.guest.directories.size(); ++i) {
    plan.guest.directories[i].access = guard->access[i];
  }
  return guard->given_up.empty() ? CacheState::kUsable : CacheState::kGivenUp;
}

// Makes the cache's directories only after the check, so that none are made where the guest writes.
Result<void> PlanDirs(const HostOptionTexts& texts, Plan& plan) {
  auto& config_dir = plan.chosen.config.cache_dir;
  const std::optional<fs::path> chosen = std::exchange(config_dir, std::nullopt);
  plan.cache_is_chosen = chosen.has_value();
  const std::string option = texts.cache_dir ? "--cache-dir" : "cache_dir";
  const auto directory = chosen || texts.no_cache ? chosen : DefaultCacheDir();
  const auto state = GuardDirs(directory, chosen ? option : "", plan);
  if (!state) return base::Fail(state);
  const bool use = !texts.no_cache && *state == CacheState::kUsable;
  auto cache = PrepareCacheDirs(use ? UseCache::kYes : UseCache::kNo, chosen);
  if (!cache) {
    return std::unexpected(
        cache.error().WithContext(texts.cache_dir ? option : CacheDirPlace(plan.chosen.config)));
  }
  plan.cache = *std::move(cache);
  if (plan.cache.models) config_dir = plan.cache.models->parent_path();
  return {};
}

Result<Plan> MakePlan(const RunOptions& options, ChosenConfig chosen) {
  Plan plan{.chosen = std::move(chosen),
            .guest = {},
            .limits = {},
            .cache = {},
            .cache_is_chosen = false,
            .file = options.guest_and_args.front()};
  auto guest = ParseGuest(options);
  if (!guest) return base::Fail(std::move(guest));
  plan.guest = *std::move(guest);
  const auto tenant = FindTenant(plan.chosen.config, plan.chosen.tenant);
  if (!tenant) return base::Fail(tenant);
  plan.limits = (*tenant)->options.instance_limits;
  EndWhenOverdue(plan.limits, plan.guest);
  if (options.network) plan.guest.network = GuestNetwork::kHost;
  if (auto planned = PlanDirs(options.host, plan); !planned) return base::Fail(std::move(planned));
  return plan;
}

// Falls back to an engine without a cache, unless a cache was asked for.
Result<std::shared_ptr<GuestEngine>> MakeEngine(const Plan& plan) {
  GuestEngineOptions options{.module_cache_dir = plan.cache.modules,
                             .interruptible = plan.limits.guest_timeout.has_value(),
                             .shared_memories = !plan.limits.max_guest_memory_bytes};
  auto engine = GuestEngine::Create(options);
  if (engine || plan.cache_is_chosen || !plan.cache.modules) return engine;
  base::Log().warn("the compiled guest is not cached: {}", engine.error().detail());
  options.module_cache_dir.reset();
  return GuestEngine::Create(options);
}

// Reads the configuration again and applies it to the host's models.
void Reload(const RunOptions& options, const Plan& plan, ConfiguredHost& host,
            const std::stop_token& stop) {
  const std::string file = options.host.config->string();
  const auto refuse = [&](const std::string& refusal) {
    if (!refusal.empty()) {
      Report(kBadUsage, "did not reload {}: {}; nothing was changed", file, refusal);
    }
    return !refusal.empty();
  };
  auto read = ReadConfig(*options.host.config, options.host.overrides);
  const auto refuse_for = [&](const std::vector<ConfigProblem>& problems) {
    ReportProblems(kBadUsage, problems);
    Report(kBadUsage, "did not reload {}: {}; nothing was changed", file,
           CountText(problems.size(), "problem"));
  };
  // Before the tenant is looked up: a half-written file may not have it yet.
  if (read && refuse(host.ReloadRefusal(*read))) return;
  HostOptionTexts texts = options.host;
  texts.tenant = plan.chosen.tenant;
  std::expected<ChosenConfig, std::vector<ConfigProblem>> chosen =
      read ? ChooseConfig(texts, *std::move(read)) : std::unexpected(std::move(read).error());
  if (!chosen) return refuse_for(chosen.error());
  if (!chosen->config.cache_dir) chosen->config.cache_dir = plan.chosen.config.cache_dir;
  chosen->config.spare_workers = plan.chosen.config.spare_workers;
  const ReloadReport report = host.Reload(chosen->config, stop);
  if (refuse(report.refused)) return;
  if (!report.problems.empty()) return refuse_for(report.problems);
  for (const std::string& change : report.changed) base::Log().warn("{}: {}", file, change);
  for (const std::string& difference : report.not_applied) {
    base::Log().warn("{}: {} takes effect at the next start", file, difference);
  }
  for (const std::string& model : report.replaced) base::Log().info("{}: replaced {}", file, model);
  for (const std::string& model : report.added) base::Log().info("{}: added {}", file, model);
  for (const std::string& model : report.removed) base::Log().info("{}: removed {}", file, model);
  for (const ConfigProblem& problem : report.failed) {
    base::Log().warn("{}", ConfigProblemText(problem));
  }
  Report(kSuccess, "reloaded {}: {} replaced, {} added, {} removed, {} failed", file,
         report.replaced.size(), report.added.size(), report.removed.size(), report.failed.size());
}

int ReportEnd(const GuestEnd& end) {
  if (const auto* exit = std::get_if<GuestExit>(&end)) {
    // A process's exit status has eight bits.
    const auto code = static_cast<int>(exit->code & 0xFFU);
    if (!exit->returned_error) return code;
    return Report(code, "the guest's run returned an error");
  }
  if (const auto* timeout = std::get_if<GuestTimeout>(&end)) {
    return ReportTimeout(timeout->timeout, ": " + timeout->backtrace);
  }
  if (const auto* stopped = std::get_if<GuestStopped>(&end)) {
    return Report(kGuestTrapped, "the guest was stopped: {}", stopped->backtrace);
  }
  if (const auto* denied = std::get_if<GuestNotStarted>(&end)) {
    return Report(kBadUsage, "the guest can't be started: {}", denied->reason);
  }
  return Report(kGuestTrapped, "the guest trapped: {}", std::get<GuestTrap>(end).backtrace);
}

// A guest that ignores its errors would end as if all had gone well.
void ReportRefusals(const Refusals& refusals) {
  if (refusals.count == 0) return;
  const bool is_one = refusals.count == 1;
  Report(kSuccess, "{} of the guest's calls {} refused, {}{}: {}{}", refusals.count,
         is_one ? "was" : "were", is_one ? "" : "the first ", refusals.first_function,
         ErrorCodeName(refusals.first_code),
         CurrentLogLevel() == LogLevel::kDebug ? "" : "; -vv shows why");
}

// Reports a slow step after a second, so that nobody wonders what the command is doing.
class SlowNotice {
 public:
  // Throws std::system_error if no thread can be started.
  explicit SlowNotice(std::string text)
      : thread_([text = std::move(text)](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock(mutex);
          const bool ended = std::condition_variable_any().wait_for(
              lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); });
          if (!ended && !stop.stop_requested()) Report(kSuccess, "{}", text);
        }) {}

 private:
  std::jthread thread_;
};

Result<GuestProgram> LoadGuest(GuestEngine& engine, const Plan& plan) {
  const SlowNotice notice(
      fmt::format("compiling {}{}", plan.file.string(),
                  plan.cache.modules ? "; the next run finds it in the cache" : ""));
  auto program = engine.Load(plan.file);
  if (!program) return program;
  if (auto checked = program->CheckIsCommand(); !checked) {
    return std::unexpected(checked.error().WithContext(plan.file.string()));
  }
  return program;
}

bool IsLoading(Host& host) { return !host.AwaitLoads(Deadline::At(Deadline::Clock::now())); }

// Ends the process without destructors. Work in a library, or a read from a dead disk, can't be
// stopped, and destroying what it uses would crash. The next start removes the host's temporary
// files.
[[noreturn]] void EndAtOnce(int exit_code) {
  std::fflush(nullptr);
  ::_exit(exit_code);
}

// Exits at once if a model is still loading, since nobody needs it any more.
int End(int exit_code, Host& host) {
  if (IsLoading(host)) EndAtOnce(exit_code);
  return exit_code;
}

// Stops reloads; returns whether the current one ended soon. One that waits for a model does not.
bool StopReloads(HangupWatch& watch, Host& host) {
  const Deadline soon = Deadline::After(std::chrono::seconds(1));
  watch.Stop();
  while (!watch.ended() && !IsLoading(host) && !soon.passed()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return watch.ended();
}

int RunGuest(const RunOptions& options, Plan& plan, ConfiguredHost& host, Phases& phases) {
  const auto tenant = host.FindTenant(plan.chosen.tenant);
  if (!tenant) return Report(kBadUsage, "{}", tenant.error().detail());
  host.Prefetch(**tenant);  // Models load while the guest is compiled.
  phases.End("options");
  const auto engine = MakeEngine(plan);
  if (!engine) return Report(kBadUsage, "{}", engine.error().detail());
  phases.End("engine");
  const auto program = LoadGuest(**engine, plan);
  if (!program) return Report(kBadUsage, "{}", program.error().detail());
  phases.End("guest compiled or cached");
  auto guest = program->NewGuest(host, **tenant, plan.guest);
  if (!guest) return Report(kBadUsage, "{}: {}", plan.file.string(), guest.error().detail());
  phases.End("guest linked");
  const auto failed = host.AwaitEager(**tenant, Deadline::Never());
  if (!failed.empty()) return ReportProblems(kModelFailed, failed);
  phases.End("waiting for the models");
  std::optional<HangupWatch> watch;
  if (options.host.config) {
    watch.emplace([&](const std::stop_token& stop) { Reload(options, plan, host, stop); });
  }
  const GuestEnd end = guest->Run();
  phases.End("guest ran");
  if (options.timings) phases.Print(stderr);
  const int exit_code = ReportEnd(end);
  ReportRefusals(guest->view().refusals());
  if (watch && !StopReloads(*watch, host.host())) EndAtOnce(exit_code);
  return End(exit_code, host.host());
}

int RunPlan(const RunOptions& options, Plan plan, std::vector<std::unique_ptr<Backend>> backends,
            Phases& phases) {
  const auto log = std::make_shared<WorkerLog>();
  const auto host = ConfiguredHost::Create(plan.chosen.config, std::move(backends), log);
  if (!host) return Report(kBadUsage, "{}", host.error().detail());
  const StatusSocket status([&] { return WorkersText((*host)->host(), *log); });
  return End(RunGuest(options, plan, **host, phases), (*host)->host());
}

}  // namespace

CLI::App* AddRunCommand(CLI::App& app, RunOptions& options) {
  CLI::App* const run =
      app.add_subcommand("run", "Run a WASI command, module or component, that uses wasi-nn");
  AddHostOptions(*run, options.host);
  run->add_option(
         "--dir", options.dirs,
         "Let the guest read and write the directory HOST, under the name GUEST; may be repeated. "
         "It is read-only if the host reads from it: a model, the configuration or the guest "
         "itself")
      ->type_name("HOST[::GUEST]")
      ->allow_extra_args(false);
  run->add_option(
         "--env", options.env,
         "Set an environment variable for the guest, or pass on the one set here; may be repeated")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false);
  run->add_flag("--network", options.network,
                "Let a component use the host's network: sockets and name lookup");
  run->add_flag("--timings", options.timings,
                "After the guest has ended, print to standard error how long each phase took");
  // Everything after the options belongs to the guest, starting with its path.
  run->prefix_command();
  return run;
}

int Run(const RunOptions& options) {
  Phases phases;
  if (options.guest_and_args.empty()) {
    return Report(kBadUsage, "run: no guest given; see namesake run --help");
  }
  if (options.guest_and_args.front().empty()) {
    return Report(kBadUsage, "run: the guest's path is empty");
  }
  if (options.guest_and_args.front() == "-") {
    return Report(kBadUsage,
                  "run: the guest can't be read from standard input, which belongs to the guest; "
                  "give a file, or ./- for a file of that name");
  }
  if (options.host.config) BlockHangup();
  auto chosen = ChooseConfig(options.host);
  if (!chosen) return ReportProblems(kBadUsage, chosen.error());
  chosen->config.spare_workers = false;  // There is one tenant.
  // They start while the rest is checked.
  auto backends = StartBackends(chosen->config);
  auto plan = MakePlan(options, *std::move(chosen));
  if (!plan) return Report(kBadUsage, "{}", plan.error().detail());
  return RunPlan(options, *std::move(plan), std::move(backends), phases);
}

}  // namespace namesake::cli
