#include "cli/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"

namespace namesake::cli {
namespace {

namespace fs = std::filesystem;

using Args = std::span<const std::string>;
using Checked = std::expected<void, std::string>;

bool IsTop(const CLI::App& command) { return command.get_parent() == nullptr; }

// Formats an error: "run: …; see namesake run --help".
std::unexpected<std::string> Wrong(const CLI::App& command, std::string_view text) {
  const std::string_view see = text.ends_with('?') ? " See" : "; see";
  if (IsTop(command)) return std::unexpected(fmt::format("{}{} namesake --help", text, see));
  const std::string& name = command.get_name();
  return std::unexpected(fmt::format("{}: {}{} namesake {} --help", name, text, see, name));
}

// `name` includes its dashes.
const CLI::Option* FindOption(const CLI::App& command, const std::string& name) {
  return command.get_option_no_throw(name);
}

bool LooksLikeOption(std::string_view arg) { return arg.size() > 1 && arg.front() == '-'; }
bool IsLong(std::string_view arg) { return arg.starts_with("--"); }
bool TakesValue(const CLI::Option& option) { return option.get_items_expected_max() > 0; }
bool TakesOneValue(const CLI::Option& option) { return option.get_items_expected_max() == 1; }
bool AsksForHelp(const CLI::App& command, const CLI::Option* option) {
  return option == command.get_help_ptr() || option == command.get_version_ptr();
}

// "--nn-preload", or "FILE" for a positional.
std::string NameOf(const CLI::Option& option) {
  return option.get_positional() ? option.get_name(true, false) : option.get_name();
}

// Guesses the long option meant: a similar one, or the only one with that prefix.
std::optional<std::string> NearestOption(const CLI::App& command, const std::string& name) {
  constexpr std::size_t kLeastPrefix = 4;
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& long_name : option->get_lnames()) names.push_back("--" + long_name);
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  if (const auto nearest = base::Nearest(name, candidates)) return std::string(*nearest);
  if (name.size() < kLeastPrefix) return std::nullopt;
  std::erase_if(names, [&](const std::string& other) { return !other.starts_with(name); });
  return names.size() == 1 ? std::optional(names.front()) : std::nullopt;
}

std::unexpected<std::string> NoSuchOption(const CLI::App& command, const std::string& name) {
  const std::string text = fmt::format("unknown option {}", base::Printable(name));
  const auto nearest = NearestOption(command, name);
  return Wrong(command, nearest ? fmt::format("{}; did you mean {}?", text, *nearest) : text);
}

// Reads the options and arguments of one command the way CLI11 will.
class Scan {
 public:
  // Checks `args` from the front: all of them or, if a command or a guest follows the options,
  // those up to the first argument that is not an option.
  Checked Run(const CLI::App& command, Args args);

  // The index at which the options end; the size of `args` if nothing follows.
  std::size_t end() const { return end_; }
  bool asks_for_help() const { return asks_for_help_; }

 private:
  Checked ReadLong(const std::string& arg);
  Checked ReadShort(const std::string& arg);
  Checked Take(const std::string& name, const CLI::Option& option, bool has_value);
  Checked TakePositional(const std::string& arg);
  Checked NoValue(const std::string& name, const CLI::Option& option) const {
    return Wrong(*command_, fmt::format("{} needs a value: {}", name, option.get_type_name()));
  }
  // Whether the next argument can be a value. One of the command's own options can't: the value is
  // missing then.
  bool IsValueNext() const {
    if (end_ == args_.size() || args_[end_] == "--") return false;
    return !LooksLikeOption(args_[end_]) || FindOption(*command_, args_[end_]) == nullptr;
  }
  Checked CheckTogether() const;
  std::size_t Count(const CLI::Option* option) const {
    const auto found = counts_.find(option);
    return found == counts_.end() ? 0 : found->second;
  }
  bool StopsAtArgument() const { return IsTop(*command_) || command_->get_prefix_command(); }

  const CLI::App* command_ = nullptr;
  Args args_;
  std::size_t end_ = 0;
  bool asks_for_help_ = false;
  std::map<const CLI::Option*, std::size_t> counts_;
};

Checked Scan::Run(const CLI::App& command, Args args) {
  command_ = &command;
  args_ = args;
  bool only_arguments = false;
  while (end_ < args_.size() && !asks_for_help_) {
    const std::string& arg = args_[end_];
    if (!only_arguments && arg == "--") {
      if (StopsAtArgument()) break;
      only_arguments = true;
      ++end_;
      continue;
    }
    const bool is_option = !only_arguments && LooksLikeOption(arg);
    if (!is_option && StopsAtArgument()) break;
    ++end_;
    const Checked read = !is_option    ? TakePositional(arg)
                         : IsLong(arg) ? ReadLong(arg)
                                       : ReadShort(arg);
    if (!read) return read;
  }
  return asks_for_help_ ? Checked() : CheckTogether();
}

Checked Scan::ReadLong(const std::string& arg) {
  const std::size_t equals = arg.find('=');
  const std::string name = arg.substr(0, equals);
  const CLI::Option* const option = FindOption(*command_, name);
  if (option == nullptr) return NoSuchOption(*command_, name);
  if (equals != std::string::npos && !TakesValue(*option)) {
    return Wrong(*command_, name + " takes no value");
  }
  if (equals + 1 == arg.size()) return NoValue(name, *option);
  return Take(name, *option, equals != std::string::npos);
}

Checked Scan::ReadShort(const std::string& arg) {
  for (std::size_t i = 1; i < arg.size(); ++i) {
    const std::string name = {'-', arg[i]};
    const CLI::Option* const option = FindOption(*command_, name);
    // A long name after a single dash is a likely slip, so the whole of it is reported.
    if (option == nullptr) return NoSuchOption(*command_, i == 1 ? arg : name);
    const bool takes_rest = TakesValue(*option) && i + 1 < arg.size();
    if (auto taken = Take(name, *option, takes_rest); !taken || takes_rest) return taken;
  }
  return {};
}

Checked Scan::Take(const std::string& name, const CLI::Option& option, bool has_value) {
  asks_for_help_ = asks_for_help_ || AsksForHelp(*command_, &option);
  const std::size_t count = ++counts_[&option];
  if (!TakesValue(option)) return {};
  if (!has_value) {
    if (!IsValueNext()) return NoValue(name, option);
    ++end_;
  }
  if (count > 1 && TakesOneValue(option)) return Wrong(*command_, name + " is given twice");
  return {};
}

Checked Scan::TakePositional(const std::string& arg) {
  std::string last;
  for (const CLI::Option* option : command_->get_options()) {
    if (!option->get_positional()) continue;
    last = NameOf(*option);
    if (Count(option) > 0 && TakesOneValue(*option)) continue;
    ++counts_[option];
    return {};
  }
  return Wrong(*command_, fmt::format("unexpected argument \"{}\"{}", base::Printable(arg),
                                      last.empty() ? "" : " after " + last));
}

Checked Scan::CheckTogether() const {
  for (const CLI::Option* option : command_->get_options()) {
    if (Count(option) == 0) {
      if (option->get_required()) return Wrong(*command_, "no " + NameOf(*option) + " given");
      continue;
    }
    for (const CLI::Option* needed : option->get_needs()) {
      if (Count(needed) > 0) continue;
      return Wrong(*command_, NameOf(*option) + " needs " + NameOf(*needed));
    }
    for (const CLI::Option* other : option->get_excludes()) {
      if (Count(other) == 0) continue;
      return Wrong(*command_, fmt::format("{} and {} can't be used together", NameOf(*option),
                                          NameOf(*other)));
    }
  }
  return {};
}

const CLI::App* FindCommand(const CLI::App& app, const std::string& name) {
  const auto found =
      app.get_subcommands([&](const CLI::App* command) { return command->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

// Turns "help", "help COMMAND" and "version" into the options that do the same.
void ReplaceWords(std::vector<std::string>& args) {
  const auto word = std::ranges::find_if_not(args, LooksLikeOption);
  if (word == args.end()) return;
  if (*word == "version") *word = "--version";
  if (*word != "help") return;
  const auto about = word + 1;
  if (about == args.end() || *about == "help" || *about == "version") {
    *word = "--help";
  } else {
    *word = std::exchange(*about, "--help");
  }
}

bool EndsLike(std::string_view text, std::initializer_list<std::string_view> ends) {
  const std::string lower = base::ToLower(text);
  return std::ranges::any_of(ends, [&](std::string_view end) { return lower.ends_with(end); });
}

std::string MeantCommand(const CLI::App& app, const std::string& text) {
  std::error_code ignored;
  const bool is_file = fs::is_regular_file(text, ignored);
  if (EndsLike(text, {".toml"})) {
    return fmt::format("; did you mean namesake check {}?", base::Printable(text));
  }
  if (is_file || EndsLike(text, {".wasm", ".wat"})) {
    return fmt::format("; did you mean namesake run {}?", base::Printable(text));
  }
  std::vector<std::string_view> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  names.insert(names.end(), {"help", "version"});
  return base::Suggestion(text, names);
}

// Explains an option of a subcommand that precedes the subcommand.
std::optional<std::string> MisplacedOption(const CLI::App& app, Args args) {
  const std::string name = args.front().substr(0, args.front().find('='));
  const auto owners = app.get_subcommands(
      [&](const CLI::App* command) { return FindOption(*command, name) != nullptr; });
  if (owners.empty()) return std::nullopt;
  const auto given = std::ranges::find_if(owners, [&](const CLI::App* command) {
    return std::ranges::find(args, command->get_name()) != args.end();
  });
  const CLI::App* const owner = given == owners.end() ? owners.front() : *given;
  return fmt::format("{} goes after the command: namesake {} {}", base::Printable(name),
                     owner->get_name(), base::Printable(name));
}

// Checks the options that precede the subcommand.
Checked CheckTop(const CLI::App& app, Args args, Scan& scan) {
  auto checked = scan.Run(app, args);
  if (checked) return checked;
  const auto misplaced = MisplacedOption(app, args.subspan(scan.end() - 1));
  return misplaced ? Wrong(app, *misplaced) : checked;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> ParseCommandLine(
    CLI::App& app, std::vector<std::string> args) {
  ReplaceWords(args);
  const auto parse = [&](std::size_t count) {
    // CLI11 consumes them from the back.
    app.parse(std::vector(args.rend() - static_cast<std::ptrdiff_t>(count), args.rend()));
  };
  Scan top;
  if (auto checked = CheckTop(app, args, top); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  if (top.asks_for_help() || top.end() == args.size()) {
    parse(top.end());
    return {};
  }
  const std::string& name = args[top.end()];
  const CLI::App* const command = FindCommand(app, name);
  if (command == nullptr) {
    return Wrong(app, fmt::format("unknown command \"{}\"{}", base::Printable(name),
                                  MeantCommand(app, name)));
  }
  Scan scan;
  const std::size_t begin = top.end() + 1;
  if (auto checked = scan.Run(*command, Args(args).subspan(begin)); !checked) {
    return std::unexpected(std::move(checked).error());
  }
  const std::size_t end = begin + scan.end();
  parse(end);
  const bool dashes = end < args.size() && args[end] == "--";
  return std::vector<std::string>(
      args.begin() + static_cast<std::ptrdiff_t>(dashes ? end + 1 : end), args.end());
}

}  // namespace namesake::cli
