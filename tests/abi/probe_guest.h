// The probe (tests/probe), one program over every interface, run in this process.
#ifndef NAMESAKE_TESTS_ABI_PROBE_GUEST_H_
#define NAMESAKE_TESTS_ABI_PROBE_GUEST_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/view.h"

namespace namesake::test {

// The interface of a probe, by its own name: "witx", or the version of wasi:nn.
inline constexpr std::string_view kWitx = "witx";
inline constexpr std::string_view kWit0625 = "2024-06-25";
inline constexpr std::string_view kWit1028 = "2024-10-28";

// All served interfaces.
std::span<const std::string_view> Abis();
std::span<const std::string_view> WitAbis();

struct ProbeRun {
  std::vector<std::string> lines;  // What the probe printed.
  std::string end;                 // As EndText, or why the probe could not be linked.
  std::string backtrace;
};

struct ProbeOptions {
  // Receives each line that the guest prints, on a thread of the engine, while the guest waits.
  std::function<void(std::string_view)> on_line{};
  std::optional<std::uint64_t> max_memory_bytes{};
};

// Runs the commands on `view`, which must outlive the call. The guest ends with it.
ProbeRun RunProbe(std::string_view abi, View& view, std::vector<std::string> commands,
                  const ProbeOptions& options = {});

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_PROBE_GUEST_H_
