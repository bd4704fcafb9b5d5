#include "abi/probe_guest.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "abi/abi_host.h"
#include "engine/command_guest.h"
#include "engine/component_guest.h"
#include "engine/runtime.h"
#include "namesake/wasmtime.h"

namespace namesake::test {
namespace {

constexpr std::array kAbis = {kWitx, kWit0625, kWit0819, kWit1028};

// Tests that run in processes of their own share what is compiled.
engine::Runtime& ProbeRuntime() {
  static const std::unique_ptr<engine::Runtime> runtime =
      engine::Runtime::Create({.module_cache_dir = NAMESAKE_BINARY_DIR "/tests/module_cache",
                               .guest_memory_limits = true})
          .value();
  return *runtime;
}

const engine::GuestCode& ProbeCode(std::string_view abi) {
  static std::map<std::string, engine::GuestCode, std::less<>> compiled;
  const auto found = compiled.find(abi);
  if (found != compiled.end()) return found->second;
  std::string name = "probe_" + std::string(abi);
  std::erase(name, '-');
  auto code = ProbeRuntime().CompileFile(NAMESAKE_BINARY_DIR "/guests/" + name + ".wasm");
  if (!code) throw std::runtime_error(std::string(code.error().detail()));
  return compiled.emplace(std::string(abi), *std::move(code)).first->second;
}

// Collects lines of what comes in pieces.
class LineSink {
 public:
  LineSink(std::vector<std::string>& lines, const std::function<void(std::string_view)>& on_line)
      : lines_(lines), on_line_(on_line) {}

  void Take(std::string_view text) {
    for (const char c : text) {
      if (c != '\n') {
        line_ += c;
        continue;
      }
      if (on_line_) on_line_(line_);
      lines_.push_back(std::move(line_));
      line_.clear();
    }
  }

 private:
  std::vector<std::string>& lines_;
  const std::function<void(std::string_view)>& on_line_;
  std::string line_;
};

template <typename Guest>
void RunTo(ProbeRun& run, Result<Guest> guest) {
  if (!guest) {
    run.end = guest.error().detail();
    return;
  }
  const GuestEnd end = guest->Run();
  run.end = EndText(end);
  if (const auto* const trap = std::get_if<GuestTrap>(&end)) run.backtrace = trap->backtrace;
}

}  // namespace

std::span<const std::string_view> Abis() { return kAbis; }
std::span<const std::string_view> WitAbis() { return std::span(kAbis).subspan(1); }

ProbeRun RunProbe(std::string_view abi, View& view, std::vector<std::string> commands,
                  const ProbeOptions& options) {
  ProbeRun run;
  LineSink sink(run.lines, options.on_line);
  engine::CommandOptions command{.args = {"probe"}, .env = {}, .dirs = {}};
  std::ranges::move(commands, std::back_inserter(command.args));
  command.on_stdout = [&sink](std::string_view text) { sink.Take(text); };
  command.max_memory_bytes = options.max_memory_bytes;
  const engine::GuestCode& code = ProbeCode(abi);
  if (const auto* const module = std::get_if<wasmtime::Module>(&code)) {
    RunTo(run, engine::CommandGuest::Link(
                   ProbeRuntime(), *module, command,
                   [&](wasmtime_linker_t* linker) { return DefineWasiNn(linker, view); }));
    return run;
  }
  const engine::ComponentImports imports{
      .define = [&](wasmtime_component_linker_t* linker) { return DefineWasiNn(linker, view); },
      .interfaces = WasiNnInterfaces()};
  RunTo(run, engine::ComponentGuest::Link(
                 ProbeRuntime(), std::get<wasmtime::component::Component>(code), command, imports));
  return run;
}

}  // namespace namesake::test
