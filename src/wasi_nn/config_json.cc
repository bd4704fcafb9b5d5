#include "wasi_nn/config_json.h"

#include <nlohmann/json.hpp>

#include "base/fail.h"
#include "base/text.h"

namespace namesake {

Result<BackendOptions> ParseConfigJson(std::string_view json) {
  BackendOptions options;
  if (json.empty()) return options;
  const auto config = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  // The parser takes a NUL for the end of the text, whatever follows.
  if (!config.is_object() || json.contains('\0')) {
    return Fail(ErrorCode::kInvalidArgument,
                "the configuration is no JSON object like {{\"key\": \"value\"}}");
  }
  for (const auto& [key, value] : config.items()) {
    if (value.is_string()) {
      options.emplace(key, value.get<std::string>());
    } else if (value.is_number() || value.is_boolean()) {
      options.emplace(key, value.dump());
    } else {
      return Fail(ErrorCode::kInvalidArgument,
                  "the configuration's \"{}\" is no string, number or boolean", Printable(key));
    }
  }
  return options;
}

}  // namespace namesake
