#include "worker/worker_backend.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <ostream>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "base/fail.h"
#include "base/file.h"
#include "base/log.h"
#include "base/next_id.h"
#include "worker/load_plan.h"
#include "worker/worker_graph.h"

namespace namesake::worker {
namespace {

using protocol::Kind;

protocol::ModelHead HeadOf(const Model& model) {
  return {.encoding = model.encoding,
          .target = model.target,
          .origin = model.origin,
          .options = model.options,
          .name = SourceName(model)};
}

protocol::Writer BodyOf(const protocol::ModelHead& head) {
  protocol::Writer body;
  Put(head, body);
  return body;
}

const User& UserOf(const LoadOptions& options) {
  return options.user != nullptr ? *options.user : *User::Nobody();
}

class WorkerBackend : public Backend {
 public:
  explicit WorkerBackend(std::shared_ptr<Fleet> fleet) : fleet_(std::move(fleet)) {}

  std::string_view name() const override { return fleet_->options().backend; }
  std::string version() const override;
  Isolation isolation() const override { return Isolation::kTenant; }
  std::span<const Encoding> encodings() const override { return fleet_->options().encodings; }
  bool KnowsOption(std::string_view key) const override {
    return std::ranges::find(fleet_->options().option_keys, key) !=
           fleet_->options().option_keys.end();
  }
  std::vector<Device> Devices() const override;
  Capabilities capabilities() const override;
  Result<BackendDescription> Describe() const override;
  std::vector<OptionProblem> CheckOptions(const Model& model) const override;
  Result<void> CheckTarget(Target target) const override;
  void StartAhead() override { fleet_->StartSpare(); }
  void Expect(const LoadOptions& options) override {
    static_cast<void>(fleet_->WorkerFor(options.placement, UserOf(options)));
  }
  Result<FormIdentity> IdentifyForm(const Model& model, const LoadOptions& options) const override;

 private:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override;

  // The answer of a worker that has seen no model yet.
  Result<protocol::Started> Started() const;
  Result<std::vector<Device>> AskDevices() const;
  Result<void> CheckDevices(Target target) const;
  // Asks a worker that `find` gives.
  static Result<void> Ask(const std::function<Result<std::shared_ptr<Worker>>()>& find, Kind kind,
                          std::span<const std::byte> body, Kind expected,
                          const std::function<void(protocol::Reader&)>& take);
  // Asks a worker that has seen no model yet.
  Result<void> AskClean(Kind kind, std::span<const std::byte> body, Kind expected,
                        const std::function<void(protocol::Reader&)>& take) const;
  // A model that is loaded, and the worker.
  struct Placed {
    protocol::Loaded loaded;
    std::shared_ptr<Worker> worker;
  };
  Result<Placed> LoadOnce(const PlacedModel& model, CompiledSlot* slot,
                          const LoadInOptions& options) const;
  Result<Placed> LoadSafely(const PlacedModel& model, CompiledSlot* slot, LoadInOptions options,
                            Ending& ending) const;
  // Compiles the model in a worker that then has seen nothing else, and keeps the form.
  Result<protocol::Loaded> LoadAndKeep(Worker& worker, const PlacedModel& model, CompiledSlot& slot,
                                       Deadline deadline, Ending* ending) const;
  std::optional<CachedFile> CompileElsewhere(PlacedModel model, CompiledSlot& slot,
                                             Deadline deadline) const;

  const std::shared_ptr<Fleet> fleet_;
  // The answers of clean workers to IdentifyForm.
  using Identity = std::tuple<Target, Origin, BackendOptions>;
  mutable std::mutex mutex_;
  mutable std::map<Identity, FormIdentity> identities_;  // Guarded by mutex_.
};

// No model is to blame for the end of a worker that is asked something: it may have been ended just
// now because it was idle.
Result<void> WorkerBackend::Ask(const std::function<Result<std::shared_ptr<Worker>>()>& find,
                                Kind kind, std::span<const std::byte> body, Kind expected,
                                const std::function<void(protocol::Reader&)>& take) {
  for (int tries = 1;; ++tries) {
    const auto worker = find();
    if (!worker) return base::Fail(worker);
    auto ending = Ending::kNone;
    const auto started = (*worker)->AwaitStarted(Deadline::Never(), &ending);
    auto asked = started ? (*worker)->Call(kind, body, expected, take,
                                           {.doing = "looked at", .ending = &ending})
                         : Result<void>(base::Fail(started));
    if (ending == Ending::kNone || tries == kMostTries) return asked;
  }
}

Result<void> WorkerBackend::AskClean(Kind kind, std::span<const std::byte> body, Kind expected,
                                     const std::function<void(protocol::Reader&)>& take) const {
  return Ask([this] { return fleet_->CleanWorker(); }, kind, body, expected, take);
}

Result<protocol::Started> WorkerBackend::Started() const {
  const auto worker = fleet_->CleanWorker();
  if (!worker) return base::Fail(worker);
  return (*worker)->AwaitStarted(Deadline::Never());
}

std::string WorkerBackend::version() const {
  const auto started = Started();
  if (started) return started->library_version;
  base::Log().warn("{}", started.error().detail());
  return "unknown";
}

Capabilities WorkerBackend::capabilities() const {
  auto started = Started();
  if (started) return std::move(started->capabilities);
  base::Log().warn("{}", started.error().detail());
  return {};
}

Result<std::vector<Device>> WorkerBackend::AskDevices() const {
  std::vector<Device> devices;
  const auto asked = AskClean(Kind::kDevices, {}, Kind::kDeviceList,
                              [&](protocol::Reader& reader) { protocol::Take(reader, devices); });
  if (!asked) return base::Fail(asked);
  return devices;
}

std::vector<Device> WorkerBackend::Devices() const {
  auto devices = AskDevices();
  if (devices) return *std::move(devices);
  base::Log().warn("{}", devices.error().detail());
  return {};
}

Result<BackendDescription> WorkerBackend::Describe() const {
  auto started = Started();
  if (!started) return base::Fail(std::move(started));
  auto devices = AskDevices();
  if (!devices) return base::Fail(std::move(devices));
  return BackendDescription{.version = std::move(started->library_version),
                            .capabilities = std::move(started->capabilities),
                            .devices = *std::move(devices)};
}

std::vector<OptionProblem> WorkerBackend::CheckOptions(const Model& model) const {
  std::vector<OptionProblem> problems;
  const auto asked =
      AskClean(Kind::kCheckOptions, BodyOf(HeadOf(model)).bytes(), Kind::kOptionProblems,
               [&](protocol::Reader& reader) { protocol::Take(reader, problems); });
  if (!asked) base::Log().warn("{}", asked.error().detail());
  return problems;
}

// A worker opens none of the machine's files, so that it finds no other device than the processor.
Result<void> WorkerBackend::CheckDevices(Target target) const {
  if (target == Target::kCpu || target == Target::kAuto || !fleet_->options().devices.empty()) {
    return {};
  }
  return base::Fail(ErrorCode::kUnsupported,
                    "the target {} needs a device that workers may not use: see sandbox_devices",
                    TargetName(target));
}

Result<void> WorkerBackend::CheckTarget(Target target) const {
  if (auto may = CheckDevices(target); !may) return may;
  return AskClean(Kind::kCheckTarget, BodyOf({.target = target}).bytes(), Kind::kDone,
                  [](protocol::Reader&) {});
}

// Decides under which key a form is kept, so a worker that may have been taken over has no say.
Result<FormIdentity> WorkerBackend::IdentifyForm(const Model& model,
                                                 const LoadOptions& options) const {
  if (auto may = CheckDevices(model.target); !may) return base::Fail(std::move(may));
  Identity of(model.target, model.origin, model.options);
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = identities_.find(of); found != identities_.end()) return found->second;
  }
  FormIdentity identity;
  std::shared_ptr<Worker> asked;
  const auto ask = [&](bool own) -> Result<void> {
    return Ask(
        [&]() -> Result<std::shared_ptr<Worker>> {
          auto worker =
              own ? fleet_->WorkerFor(options.placement, UserOf(options)) : fleet_->CleanWorker();
          if (worker) asked = *worker;
          return worker;
        },
        Kind::kIdentify, BodyOf(HeadOf(model)).bytes(), Kind::kIdentified,
        [&](protocol::Reader& reader) { protocol::Take(reader, identity); });
  };
  auto answered = ask(true);
  // Another load may have begun in it meanwhile.
  while (answered && !asked->clean()) answered = ask(false);
  if (!answered) return base::Fail(std::move(answered));
  // Guests choose options, so there may be any number.
  constexpr std::size_t kMost = 256;
  const std::lock_guard lock(mutex_);
  if (identities_.size() >= kMost) identities_.clear();
  identities_.insert_or_assign(std::move(of), identity);
  return identity;
}

Result<protocol::Loaded> WorkerBackend::LoadAndKeep(Worker& worker, const PlacedModel& model,
                                                    CompiledSlot& slot, Deadline deadline,
                                                    Ending* ending) const {
  const base::FileDescriptor file(
      ::memfd_create("namesake-compiled", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  auto loaded = LoadIn(worker, model, {.keep = file.get(), .deadline = deadline, .ending = ending});
  if (!loaded) return loaded;
  if (!loaded->not_kept_because.empty()) {
    base::Log().warn("{} is not kept in the compiled cache: can't write its compiled form: {}",
                     model.label, loaded->not_kept_because);
  }
  // Another model may have been loaded beside this one, and have taken the worker over.
  if (loaded->compiled_bytes == 0 || !worker.saw_one_model()) return loaded;
  // From now on the worker can neither change the form nor cut it off.
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    return loaded;
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 ||
      static_cast<std::uint64_t>(status.st_size) != loaded->compiled_bytes) {
    return loaded;
  }
  const auto form = CachedEntry::Map(file.get(), 0);
  if (!form) return loaded;
  const auto bytes = form->payload();
  slot.Store([&](std::ostream& stream) {
    stream.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
  });
  return loaded;
}

std::optional<CachedFile> WorkerBackend::CompileElsewhere(PlacedModel model, CompiledSlot& slot,
                                                          Deadline deadline) const {
  model.warm_up = false;
  const auto worker = fleet_->CleanWorker();
  if (!worker || !(*worker)->TakeClean()) return std::nullopt;
  if (!(*worker)->AwaitStarted(deadline)) return std::nullopt;
  const auto kept = LoadAndKeep(**worker, model, slot, deadline, nullptr);
  fleet_->LetGoOfClean(**worker);
  if (!kept) return std::nullopt;
  return slot.FindFile();
}

Result<WorkerBackend::Placed> WorkerBackend::LoadOnce(const PlacedModel& model, CompiledSlot* slot,
                                                      const LoadInOptions& options) const {
  auto worker = fleet_->WorkerFor(model.placement, *model.user);
  if (!worker) return base::Fail(std::move(worker));
  std::optional<CachedFile> compiled;
  if (slot != nullptr) compiled = slot->FindFile();
  if (auto started = (*worker)->AwaitStarted(options.deadline, options.ending); !started) {
    return base::Fail(std::move(started));
  }
  const bool is_clean = (*worker)->TakeClean();
  if (slot != nullptr && !compiled && !is_clean) {
    compiled = CompileElsewhere(model, *slot, options.deadline);
  }
  LoadInOptions with = options;
  const bool keeps = slot != nullptr && !compiled && is_clean;
  with.compiled = compiled ? &*compiled : nullptr;
  auto loaded = keeps ? LoadAndKeep(**worker, model, *slot, options.deadline, options.ending)
                      : LoadIn(**worker, model, with);
  if (!loaded) return base::Fail(std::move(loaded));
  // A worker that others' models have reached can't make everybody compile again.
  if (loaded->compiled == protocol::CompiledUse::kDiscarded && slot != nullptr && is_clean) {
    slot->Discard(loaded->discarded_because);
  }
  return Placed{*std::move(loaded), *std::move(worker)};
}

// A load in a worker that another call ends is done again; whether the load has ended it shows
// where it is alone.
Result<WorkerBackend::Placed> WorkerBackend::LoadSafely(const PlacedModel& model,
                                                        CompiledSlot* slot, LoadInOptions options,
                                                        Ending& ending) const {
  options.ending = &ending;
  for (int tries = 1;; ++tries) {
    ending = Ending::kNone;
    auto placed = LoadOnce(model, slot, options);
    const bool is_over = options.stop.stop_requested() || options.deadline.passed();
    if (ending == Ending::kNone || is_over || tries == kMostTries) return placed;
    if (ending == Ending::kBystander) continue;
    const auto alone = LoadAlone(model, {.owner = *model.user,
                                         .waits = *model.user,
                                         .deadline = options.deadline,
                                         .stop = options.stop});
    if (!alone) return base::Fail(alone);
  }
}

Result<std::shared_ptr<const Graph>> WorkerBackend::LoadLayout(const Model& model,
                                                               ModelLayout layout,
                                                               const LoadOptions& options,
                                                               Deadline deadline) {
  if (auto may = CheckDevices(model.target); !may) return base::Fail(std::move(may));
  auto plan = LoadPlan::Make(model, layout);
  if (!plan) return base::Fail(std::move(plan));
  CompiledSlot* const slot = options.compiled;
  PlacedModel model_there = {
      .fleet = fleet_,
      .placement = options.placement,
      .user = options.user != nullptr ? options.user : User::Nobody(),
      .users = options.users,
      .plan = *std::move(plan),
      .graph = base::NextId(),
      .cache = options.cache,
      .key = slot != nullptr && slot->key() != nullptr ? std::optional(*slot->key()) : std::nullopt,
      .label = layout.name.for_operator(),
      .warm_up = model.warm_up};
  const LoadInOptions how = {.deadline = deadline, .stop = options.stop};
  auto ending = Ending::kNone;
  auto placed = LoadSafely(model_there, slot, how, ending);
  if (!placed && model_there.warm_up && ending != Ending::kNone) {
    model_there.warm_up = false;
    placed = LoadSafely(model_there, slot, how, ending);
  }
  if (!placed) return base::Fail(std::move(placed));
  if (placed->loaded.compiled == protocol::CompiledUse::kUsed) {
    base::Log().debug("{} is loaded from the compiled cache", model_there.label);
  }
  return std::make_shared<const WorkerGraph>(std::move(placed->loaded), std::move(model_there),
                                             std::move(placed->worker));
}

}  // namespace

std::unique_ptr<Backend> NewBackend(FleetOptions options) {
  return std::make_unique<WorkerBackend>(std::make_shared<Fleet>(std::move(options)));
}

}  // namespace namesake::worker
