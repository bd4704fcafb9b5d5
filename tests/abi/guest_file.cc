#include "abi/guest_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace namesake::test {
namespace {

namespace fs = std::filesystem;

const fs::path kGuests = fs::path(NAMESAKE_SOURCE_DIR) / "tests/abi/guests";

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path.string());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Returns the text after `mark` if the line starts with it, not counting leading spaces; empty
// otherwise.
std::optional<std::string> After(std::string_view mark, const std::string& line) {
  const std::string_view text =
      std::string_view(line).substr(std::min(line.find_first_not_of(' '), line.size()));
  if (!text.starts_with(mark)) return std::nullopt;
  const std::string_view rest = text.substr(mark.size());
  return std::string(rest.substr(rest.starts_with(' ') ? 1 : 0));
}

// Included files may include others.
std::string Expand(const std::string& text) {
  std::string expanded;
  for (const std::string& line : Lines(text)) {
    const auto included = After(";;include", line);
    expanded += included ? Expand(ReadText(kGuests / (*included + ".inc"))) : line + "\n";
  }
  return expanded;
}

using Count = std::optional<std::uint64_t>;
using Duration = std::optional<std::chrono::nanoseconds>;

Count* FindCount(TenantOptions& tenant, std::string_view key) {
  InstanceLimits& instance = tenant.instance_limits;
  const std::map<std::string_view, Count*> counts = {
      {"max_graphs", &instance.max_graphs},
      {"max_contexts", &instance.max_contexts},
      {"max_tensors", &instance.max_tensors},
      {"max_models", &instance.max_models},
      {"max_model_bytes", &instance.max_model_bytes},
      {"max_total_model_bytes", &instance.max_total_model_bytes},
      {"max_tensor_bytes", &instance.max_tensor_bytes},
      {"max_total_tensor_bytes", &instance.max_total_tensor_bytes},
      {"max_config_bytes", &instance.max_config_bytes},
      {"max_name_bytes", &instance.max_name_bytes},
      {"tenant.max_models", &tenant.limits.max_models},
      {"tenant.max_total_model_bytes", &tenant.limits.max_total_model_bytes},
      {"tenant.max_inferences", &tenant.limits.max_inferences},
      {"tenant.max_queued_inferences", &tenant.limits.max_queued_inferences},
  };
  const auto found = counts.find(key);
  return found == counts.end() ? nullptr : found->second;
}

Duration* FindDuration(TenantOptions& tenant, std::string_view key) {
  if (key == "load_timeout_ms") return &tenant.instance_limits.load_timeout;
  if (key == "inference_timeout_ms") return &tenant.instance_limits.inference_timeout;
  return nullptr;
}

bool ApplyPolicy(std::string_view key, const std::string& value, Policy& policy) {
  if (key == "guest_load" && value == "forbidden") {
    policy.guest_load = GuestLoad::kForbidden;
  } else if (key == "host_models" && value == "granted") {
    policy.host_models = HostModels::kGranted;
  } else if (key == "grant") {
    const std::size_t space = value.find(' ');
    policy.grants.push_back(
        {value.substr(0, space), space == std::string::npos ? "" : value.substr(space + 1)});
  } else if (key == "guest_register" && (value == "instance" || value == "tenant")) {
    policy.guest_register = value == "tenant" ? GuestRegister::kTenant : GuestRegister::kInstance;
  } else if (key == "guest_option") {
    policy.guest_options.insert(value);
  } else {
    return false;
  }
  return true;
}

}  // namespace

void ApplySetting(const std::string& setting, GuestSettings& settings) {
  const std::size_t space = setting.find(' ');
  const std::string key = setting.substr(0, space);
  const std::string value = space == std::string::npos ? "" : setting.substr(space + 1);
  if (Count* const count = FindCount(settings.tenant, key)) {
    *count = std::stoull(value);
  } else if (Duration* const duration = FindDuration(settings.tenant, key)) {
    *duration = std::chrono::milliseconds(std::stoll(value));
  } else if (key == "max_guest_models") {
    settings.max_guest_models = std::stoull(value);
  } else if (key == "dir") {
    settings.directories.push_back(value);
  } else if (key == "isolation" && value == "process") {
    settings.only_in_process = true;
  } else if (key == "end") {
    settings.end = value;
  } else if (!ApplyPolicy(key, value, settings.tenant.policy)) {
    throw std::runtime_error("unknown setting \"" + setting + "\"");
  }
}

std::vector<GuestDirectory> ModelDirectories(const std::vector<std::string>& names) {
  std::vector<GuestDirectory> directories;
  for (const std::string& name : names) {
    directories.push_back({.host = NAMESAKE_SOURCE_DIR "/tests/abi/files", .guest = name});
  }
  return directories;
}

GuestFile ReadGuestFile(const fs::path& path) {
  const std::string text = ReadText(path);
  GuestFile guest{
      .name = path.stem().string(), .wat = Expand(text), .settings = {}, .expected = {}};
  int line_number = 0;
  for (const std::string& line : Lines(text)) {
    ++line_number;
    if (const auto setting = After(";;@", line)) ApplySetting(*setting, guest.settings);
    if (auto expected = After(";;>", line)) {
      guest.expected.push_back({.line_number = line_number, .text = *std::move(expected)});
    }
  }
  return guest;
}

std::vector<std::string> GuestNames(Isolation isolation) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kGuests)) {
    if (entry.path().extension() != ".wat") continue;
    const GuestFile guest = ReadGuestFile(entry.path());
    if (isolation == Isolation::kTenant && guest.settings.only_in_process) continue;
    names.push_back(guest.name);
  }
  std::ranges::sort(names);
  return names;
}

fs::path GuestPath(const std::string& name) { return kGuests / (name + ".wat"); }

void ExpectLines(const std::string& file, const std::vector<ExpectedLine>& expected,
                 const std::vector<std::string>& printed) {
  std::string text;
  bool same = true;
  for (std::size_t i = 0; i < std::max(printed.size(), expected.size()); ++i) {
    const bool has_expected = i < expected.size();
    const bool has_printed = i < printed.size();
    const std::string place =
        has_expected ? fmt::format("{}:{}", file, expected[i].line_number) : file;
    if (has_expected && has_printed && expected[i].text == printed[i]) {
      text += fmt::format("  {}: {}\n", place, printed[i]);
      continue;
    }
    same = false;
    if (has_expected) text += fmt::format("- {}: {}\n", place, expected[i].text);
    if (has_printed) text += fmt::format("+ {}: {}\n", place, printed[i]);
  }
  if (!same) ADD_FAILURE() << "expected (-) and printed (+):\n" << text;
}

void ExpectOutput(const GuestFile& guest, const std::string& output) {
  ExpectLines(guest.name + ".wat", guest.expected, Lines(output));
}

}  // namespace namesake::test
