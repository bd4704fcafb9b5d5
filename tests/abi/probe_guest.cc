#include "abi/probe_guest.h"

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "abi/abi_host.h"
#include "namesake/guest.h"

namespace namesake::test {
namespace {

// The witx, and every served version of wasi:nn, by date.
std::vector<std::string_view> ListAbis() {
  constexpr std::string_view kGraph = "wasi:nn/graph@";
  constexpr std::string_view kDate = "2024-10-28";
  std::vector<std::string_view> abis = {kWitx};
  for (const std::string_view name : WasiNnInterfaces()) {
    if (name.starts_with(kGraph)) abis.push_back(name.substr(name.size() - kDate.size()));
  }
  return abis;
}

// Tests that run in separate processes share compiled code.
GuestEngine& ProbeEngine() {
  static const std::shared_ptr<GuestEngine> engine =
      GuestEngine::Create(
          {.module_cache_dir = NAMESAKE_BINARY_DIR "/tests/module_cache", .interruptible = false})
          .value();
  return *engine;
}

const GuestProgram& ProbeProgram(std::string_view abi) {
  static std::map<std::string, GuestProgram, std::less<>> loaded;
  const auto found = loaded.find(abi);
  if (found != loaded.end()) return found->second;
  std::string name = "probe_" + std::string(abi);
  std::erase(name, '-');
  auto program = ProbeEngine().Load(NAMESAKE_BINARY_DIR "/guests/" + name + ".wasm");
  if (!program) throw std::runtime_error(std::string(program.error().detail()));
  return loaded.emplace(std::string(abi), *std::move(program)).first->second;
}

// Splits output that arrives in pieces into lines.
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

}  // namespace

std::span<const std::string_view> Abis() {
  static const std::vector<std::string_view> kAbis = ListAbis();
  return kAbis;
}
std::span<const std::string_view> WitAbis() { return Abis().subspan(1); }

ProbeRun RunProbe(std::string_view abi, View& view, std::vector<std::string> commands,
                  const ProbeOptions& options) {
  ProbeRun run;
  LineSink sink(run.lines, options.on_line);
  GuestOptions command{.args = {"probe"}};
  std::ranges::move(commands, std::back_inserter(command.args));
  command.output = [&sink](std::string_view text) { sink.Take(text); };
  command.limits = InstanceLimits{.max_guest_memory_bytes = options.max_memory_bytes};
  auto guest = ProbeProgram(abi).NewGuest(view, std::move(command));
  if (!guest) {
    run.end = guest.error().detail();
    return run;
  }
  const GuestEnd end = guest->Run();
  run.end = EndText(end);
  if (const auto* const trap = std::get_if<GuestTrap>(&end)) run.backtrace = trap->backtrace;
  return run;
}

}  // namespace namesake::test
