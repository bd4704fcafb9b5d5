// JSON for programs, on standard output.
#ifndef NAMESAKE_CLI_PRINT_JSON_H_
#define NAMESAKE_CLI_PRINT_JSON_H_

#include <nlohmann/json_fwd.hpp>

namespace namesake::cli {

// Writes ASCII alone: JSON's own escapes keep a terminal from obeying a name, and give programs the
// name unchanged. Replaces invalid UTF-8, which JSON can't hold.
void PrintJson(const nlohmann::json& json);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_PRINT_JSON_H_
