// The memory of the processes that run a program.
#ifndef NAMESAKE_BENCH_PROCESS_MEMORY_H_
#define NAMESAKE_BENCH_PROCESS_MEMORY_H_

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace namesake::bench {

struct Memory {
  // Memory that the processes have written themselves.
  double private_mib = 0;
  // Private memory and a share of what several processes map, such as libraries and the compiled
  // model (PSS). Summed over all processes it is what they take.
  double proportional_mib = 0;
  int processes = 0;
};

// Adds up the memory of all processes that run this program.
inline Memory MemoryOf(const std::filesystem::path& program) {
  constexpr double kKibPerMib = 1024;
  Memory sum;
  std::error_code ignored;
  for (const auto& process : std::filesystem::directory_iterator("/proc", ignored)) {
    std::string name;
    std::getline(std::ifstream(process.path() / "cmdline"), name, '\0');
    if (name != program) continue;
    ++sum.processes;
    std::ifstream rollup(process.path() / "smaps_rollup");
    for (std::string line; std::getline(rollup, line);) {
      const double mib = std::strtod(line.substr(line.find(':') + 1).c_str(), nullptr) / kKibPerMib;
      if (line.starts_with("Pss:")) sum.proportional_mib += mib;
      if (line.starts_with("Private_Dirty:")) sum.private_mib += mib;
    }
  }
  return sum;
}

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_PROCESS_MEMORY_H_
