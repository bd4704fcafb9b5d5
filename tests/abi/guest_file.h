// A guest of tests/abi/guests: a program in WebAssembly text whose comments say under which
// settings it runs and what it must print.
//
//   ;;include NAME     is replaced by the text of NAME.inc
//   ;;@ SETTING VALUE  a setting, see GuestSettings
//   ;;> TEXT           a line of output, written after the call that prints it
#ifndef NAMESAKE_TESTS_ABI_GUEST_FILE_H_
#define NAMESAKE_TESTS_ABI_GUEST_FILE_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "namesake/isolation.h"
#include "namesake/tenant.h"
#include "namesake/view.h"

namespace namesake::test {

struct GuestSettings {
  // Limits under their own names, times with the suffix "_ms": the instance's, or the tenant's with
  // the prefix "tenant.". Also guest_load (forbidden), host_models (granted), grant MODEL [AS],
  // guest_register (instance or tenant), guest_option KEY.
  TenantOptions tenant{.name = "the guest's"};
  // dir NAME: a directory under this name with the models of tests/abi/files.
  std::vector<std::string> directories;
  // max_guest_models: how many more models `max_models` allows than the host registers.
  std::optional<std::uint64_t> max_guest_models;
  // end: "exit N" or "trap".
  std::string end = "exit 0";
  // isolation process: the answers are of models in the host's process, and others in workers.
  bool only_in_process = false;
};

struct ExpectedLine {
  int line_number;
  std::string text;
};

struct GuestFile {
  std::string name;
  std::string wat;
  GuestSettings settings;
  std::vector<ExpectedLine> expected;
};

// `setting` is a key and a value. Throws std::runtime_error for an unknown one.
void ApplySetting(const std::string& setting, GuestSettings& settings);

// All of them show the same files, those of tests/abi/files.
std::vector<GuestDirectory> ModelDirectories(const std::vector<std::string>& names);

// Throws std::runtime_error for a file that can't be read or has an unknown setting.
GuestFile ReadGuestFile(const std::filesystem::path& path);

// The names of all guests whose models may run there, without ".wat".
std::vector<std::string> GuestNames(Isolation isolation);
std::filesystem::path GuestPath(const std::string& name);

// Fails the test unless the lines are as expected, and names the line of `file` that differs.
void ExpectLines(const std::string& file, const std::vector<ExpectedLine>& expected,
                 const std::vector<std::string>& printed);
void ExpectOutput(const GuestFile& guest, const std::string& output);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_GUEST_FILE_H_
