// Runs a guest as a tenant of a configuration file, and ends with the guest's exit code.
//
//   embed_guest FILE.toml TENANT GUEST.wasm [ARGS...]
#include <namesake/namesake.h>

#include <iostream>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

static int Fail(std::string_view reason) {
  std::cerr << "embed_guest: " << reason << '\n';
  return 1;
}

static int FailWith(const std::vector<namesake::ConfigProblem>& problems) {
  for (const auto& problem : problems) Fail(namesake::ConfigProblemText(problem));
  return 1;
}

static int ExitCodeOf(const namesake::GuestEnd& end) {
  const auto* const exit = std::get_if<namesake::GuestExit>(&end);
  if (exit != nullptr) return static_cast<int>(exit->code);
  const auto* const trap = std::get_if<namesake::GuestTrap>(&end);
  if (trap != nullptr) return Fail("the guest trapped: " + trap->backtrace);
  const auto* const late = std::get_if<namesake::GuestTimeout>(&end);
  if (late != nullptr) return Fail("the guest ran out of time: " + late->backtrace);
  const auto* const not_started = std::get_if<namesake::GuestNotStarted>(&end);
  if (not_started != nullptr) return Fail("the guest can't start: " + not_started->reason);
  return Fail("the guest was stopped: " + std::get<namesake::GuestStopped>(end).backtrace);
}

int main(int argc, char** argv) {
  if (argc < 4) return Fail("usage: embed_guest FILE.toml TENANT GUEST.wasm [ARGS...]");
  auto config = namesake::ReadConfig(argv[1]);
  if (!config) return FailWith(config.error());
  const auto host = namesake::ConfiguredHost::Create(*std::move(config));
  if (!host) return Fail(host.error().detail());
  const auto tenant = (*host)->FindTenant(argv[2]);
  if (!tenant) return Fail(tenant.error().detail());
  const auto problems = (*host)->AwaitEager(**tenant, namesake::Deadline::Never());
  if (!problems.empty()) return FailWith(problems);

  const auto engine = namesake::GuestEngine::Create();
  if (!engine) return Fail(engine.error().detail());
  const auto program = (*engine)->Load(argv[3]);
  if (!program) return Fail(program.error().detail());
  auto guest = program->NewGuest(**host, **tenant, {.args = {argv + 3, argv + argc}});
  return guest ? ExitCodeOf(guest->Run()) : Fail(guest.error().detail());
}
