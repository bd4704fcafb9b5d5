// Parses the configuration that a guest passes to `load_by_name_with_config`.
#ifndef NAMESAKE_VIEW_CONFIG_JSON_H_
#define NAMESAKE_VIEW_CONFIG_JSON_H_

#include <string_view>

#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::view {

// `json` is an object of strings, numbers and booleans; numbers and booleans become their JSON
// text. An empty `json` counts as an empty object. Accepts any bytes; the caller limits their
// number. Errors: invalid_argument.
Result<BackendOptions> ParseConfigJson(std::string_view json);

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_CONFIG_JSON_H_
