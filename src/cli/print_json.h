// JSON for programs, on standard output.
#ifndef NAMESAKE_CLI_PRINT_JSON_H_
#define NAMESAKE_CLI_PRINT_JSON_H_

#include <nlohmann/json_fwd.hpp>

namespace namesake::cli {

// Writes only ASCII. JSON's escapes keep a name from controlling a terminal, and programs still get
// the name unchanged. Replaces invalid UTF-8, which JSON can't represent.
void PrintJson(const nlohmann::json& json);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_PRINT_JSON_H_
