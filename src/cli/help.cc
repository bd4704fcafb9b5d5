#include "cli/help.h"

#include <sstream>
#include <utility>

namespace namesake::cli {
namespace {

class Formatter : public CLI::Formatter {
 public:
  // CLI11 can't describe a program followed by its own arguments.
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    if (app->get_name() == "run") {
      usage.insert(usage.find_last_not_of('\n') + 1, " GUEST.wasm [ARGS...]");
    }
    return usage;
  }

  // The description mentions the option form of a positional.
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    if (!is_positional && option->get_positional()) return "";
    return CLI::Formatter::make_option(option, is_positional);
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    // A positional is named after what it takes.
    return type.empty() || type == option->get_name(true, false) ? "" : " " + type;
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    return Wrap(option->get_description(), kColumns - get_column_width());
  }
};

}  // namespace

std::string Wrap(const std::string& text, std::size_t width) {
  std::istringstream words(text);
  std::string wrapped;
  std::size_t column = 0;
  for (std::string word; words >> word; column += word.size()) {
    if (column > 0) {
      const bool fits = column + 1 + word.size() <= width;
      wrapped += fits ? ' ' : '\n';
      column = fits ? column + 1 : 0;
    }
    wrapped += word;
  }
  return wrapped;
}

std::shared_ptr<CLI::Formatter> NewHelpFormatter() { return std::make_shared<Formatter>(); }

}  // namespace namesake::cli
