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

// What a probe is built over, as it calls itself: "witx", or the version of wasi:nn.
inline constexpr std::string_view kWitx = "witx";
inline constexpr std::string_view kWit0625 = "2024-06-25";
inline constexpr std::string_view kWit1028 = "2024-10-28";

// All that are served.
std::span<const std::string_view> Abis();
std::span<const std::string_view> WitAbis();

struct ProbeRun {
  std::vector<std::string> lines;  // What it printed.
  std::string end;                 // As EndText, or why it could not be linked.
  std::string backtrace;
};

struct ProbeOptions {
  // Gets each line when the guest has printed it, while it waits, on a thread of the engine's.
  std::function<void(std::string_view)> on_line{};
  std::optional<std::uint64_t> max_memory_bytes{};
};

// Runs the commands on `view`, which must live until the call returns; the guest does not.
ProbeRun RunProbe(std::string_view abi, View& view, std::vector<std::string> commands,
                  const ProbeOptions& options = {});

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_PROBE_GUEST_H_
