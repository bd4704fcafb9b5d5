// Runs a guest as a tenant of a configuration file: run_as_tenant FILE.toml TENANT GUEST.wasm …
#include <namesake/guest.h>
#include <namesake/openvino.h>

int main(int argc, char** argv) {
  std::vector<std::unique_ptr<namesake::Backend>> backends;
  backends.push_back(namesake::NewOpenVinoBackend());
  const auto host = namesake::ConfiguredHost::Create(namesake::ReadConfig(argv[1]).value(),
                                                     std::move(backends));
  const auto engine = namesake::GuestEngine::Create();
  const auto program = (*engine)->Load(argv[3]);
  auto guest = program->NewGuest(**host, *(*host)->FindTenant(argv[2]).value(),
                                 {.args = {argv + 3, argv + argc}});
  const namesake::GuestEnd end = guest.value().Run();
  const auto* const exit = std::get_if<namesake::GuestExit>(&end);
  return exit == nullptr ? 134 : static_cast<int>(exit->code);
}
