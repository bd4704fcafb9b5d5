#include "namesake/guest.h"

#include <iterator>
#include <utility>

#include "base/fail.h"
#include "base/log.h"
#include "engine/guest_store.h"
#include "guest/program.h"
#include "guest/run.h"

namespace namesake {
namespace {

engine::GuestBounds BoundsOf(const InstanceLimits& limits) {
  return {.max_memory_bytes = limits.max_guest_memory_bytes, .timeout = limits.guest_timeout};
}

Result<engine::GuestStore> NewStore(const guest::Program& program, const GuestOptions& options,
                                    const InstanceLimits& limits) {
  const engine::GuestBounds bounds = BoundsOf(limits);
  if (bounds.max_memory_bytes) {
    if (auto checked = program.CheckMemories(*bounds.max_memory_bytes); !checked) {
      return base::Fail(std::move(checked));
    }
  }
  return engine::GuestStore::Make(program.origin().runtime, options, bounds);
}

// Lists what no guest may write to, beyond what the host itself knows.
std::vector<Place> PlacesOf(const guest::Program& program) {
  std::vector<Place> places = PlacesOfProcess();
  places.insert(places.end(), program.origin().places.begin(), program.origin().places.end());
  return places;
}

Result<std::unique_ptr<guest::Run>> NewRun(std::shared_ptr<const guest::Program> program,
                                           Host& host, const Tenant& tenant,
                                           const GuestOptions& options) {
  const InstanceLimits limits = options.limits.value_or(tenant.instance_limits());
  auto store = NewStore(*program, options, limits);
  if (!store) return base::Fail(std::move(store));
  auto run = std::make_unique<guest::Run>();
  run->program = std::move(program);
  run->own_view = host.NewView({.tenant = tenant,
                                .limits = limits,
                                .directories = options.directories,
                                .guest_deadline = store->DeadlineFunction()});
  run->view = run->own_view.get();
  run->instance = run->program->NewInstance(*std::move(store), *run->view);
  return run;
}

}  // namespace

Guest::Guest(std::unique_ptr<guest::Run> run) : run_(std::move(run)) {}
Guest::Guest(Guest&& other) noexcept = default;
Guest& Guest::operator=(Guest&& other) noexcept = default;
Guest::~Guest() = default;

GuestEnd Guest::Run() {
  if (auto why = run_->program->WhyNoCommand()) return GuestNotStarted{*std::move(why)};
  return run_->instance->Run();
}
Result<void> Guest::Call(const std::string& name) { return run_->instance->Call(name); }
View& Guest::view() const { return *run_->view; }
Deadline Guest::deadline() const { return std::as_const(*run_->instance).store().deadline(); }

GuestProgram::GuestProgram(std::shared_ptr<const guest::Program> program)
    : program_(std::move(program)) {}
GuestProgram::~GuestProgram() = default;
GuestProgram::GuestProgram(const GuestProgram&) = default;
GuestProgram::GuestProgram(GuestProgram&&) noexcept = default;
GuestProgram& GuestProgram::operator=(const GuestProgram&) = default;
GuestProgram& GuestProgram::operator=(GuestProgram&&) noexcept = default;

GuestKind GuestProgram::kind() const { return program_->kind(); }
bool GuestProgram::is_pooled() const { return program_->origin().is_pooled; }

Result<void> GuestProgram::CheckIsCommand() const {
  const auto why = program_->WhyNoCommand();
  if (!why) return {};
  return base::Fail(ErrorCode::kInvalidArgument, "{}", *why);
}

Result<Guest> GuestProgram::NewGuest(ConfiguredHost& host, const Tenant& tenant,
                                     GuestOptions options) const {
  DirectoryUse use;
  if (!options.directories.empty()) {
    auto used = host.UseDirectories(std::move(options.directories), PlacesOf(*program_));
    if (!used) return base::Fail(std::move(used));
    use = *std::move(used);
    for (const std::string& warning : use.warnings()) base::Log().warn("{}", warning);
    options.directories = use.directories();
  }
  auto run = NewRun(program_, host.host(), tenant, options);
  if (!run) return base::Fail(std::move(run));
  (*run)->directories = std::move(use);
  return Guest(*std::move(run));
}

Result<Guest> GuestProgram::NewGuest(Host& host, const Tenant& tenant, GuestOptions options) const {
  auto run = NewRun(program_, host, tenant, options);
  if (!run) return base::Fail(std::move(run));
  return Guest(*std::move(run));
}

Result<Guest> GuestProgram::NewGuest(View& view, GuestOptions options) const {
  auto store = NewStore(*program_, options, options.limits.value_or(InstanceLimits{}));
  if (!store) return base::Fail(std::move(store));
  auto run = std::make_unique<guest::Run>();
  run->program = program_;
  run->view = &view;
  run->instance = program_->NewInstance(*std::move(store), view);
  return Guest(std::move(run));
}

}  // namespace namesake
