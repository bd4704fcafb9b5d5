// Settings that had another name in an earlier version.
#ifndef NAMESAKE_CONFIG_RENAMED_H_
#define NAMESAKE_CONFIG_RENAMED_H_

#include <optional>
#include <string_view>

namespace namesake::config {

// Returns the current name of a setting formerly called `key`; empty for any other key.
std::optional<std::string_view> NewNameOf(std::string_view key);

}  // namespace namesake::config

#endif  // NAMESAKE_CONFIG_RENAMED_H_
