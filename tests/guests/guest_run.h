// Runs an example guest with the real command.
#ifndef NAMESAKE_TESTS_GUESTS_GUEST_RUN_H_
#define NAMESAKE_TESTS_GUESTS_GUEST_RUN_H_

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temp_dir.h"

namespace namesake::test {

inline const std::filesystem::path kSourceDir = NAMESAKE_SOURCE_DIR;
inline const std::filesystem::path kDeps = NAMESAKE_DEPS_DIR;
inline const std::filesystem::path kCommand = NAMESAKE_BINARY_DIR "/namesake";
inline const std::filesystem::path kGuestDir = NAMESAKE_BINARY_DIR "/guests";

// Caches compiled guests next to the tests, since those in Python and JavaScript take half a
// minute.
inline const std::vector<std::string> kGuestCache = {"--cache-dir",
                                                     NAMESAKE_BINARY_DIR "/guest-cache"};

// `namesake run HOST_ARGUMENTS… GUEST.wasm ARGUMENTS…`
inline ProcessResult RunGuest(const std::string& guest, std::vector<std::string> host_arguments,
                              const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {kCommand, "run"};
  command.insert(command.end(), kGuestCache.begin(), kGuestCache.end());
  command.insert(command.end(), host_arguments.begin(), host_arguments.end());
  command.push_back(kGuestDir / (guest + ".wasm"));
  command.insert(command.end(), arguments.begin(), arguments.end());
  return RunProcess(command);
}

// Returns what the guest wrote to standard error, without the command's line about its end.
inline std::string GuestsWords(const ProcessResult& result) {
  std::istringstream lines(result.err);
  std::string words;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("namesake: ")) words += line + "\n";
  }
  return words;
}

inline void CopyInto(const TempDir& folder, const std::filesystem::path& from,
                     const std::string& name) {
  std::filesystem::copy_file(from, folder.path() / name);
}

inline std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_GUESTS_GUEST_RUN_H_
