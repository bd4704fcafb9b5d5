#include "cli/print_json.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace namesake::cli {

void PrintJson(const nlohmann::json& json) {
  const std::string text = json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
  std::fputs(text.c_str(), stdout);
}

}  // namespace namesake::cli
