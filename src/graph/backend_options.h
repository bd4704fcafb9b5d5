// Checks that all backends make of a model's options, with the same wording.
#ifndef NAMESAKE_GRAPH_BACKEND_OPTIONS_H_
#define NAMESAKE_GRAPH_BACKEND_OPTIONS_H_

#include <cstdint>
#include <expected>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/compiled_cache.h"
#include "namesake/error.h"
#include "namesake/model.h"

namespace namesake::graph {

// The largest number of threads or streams. Far more than any machine has processors, because each
// takes memory; a library may abort or start swapping for larger ones.
inline constexpr std::int32_t kMaxCount = 4096;

// invalid_argument for a key that the backend does not know, suggesting one of `known`.
std::unexpected<Error> NoOption(std::string_view backend, std::string_view key,
                                std::span<const std::string_view> known);

// invalid_argument for a value that the option can't have. `valid` completes "expected …".
std::unexpected<Error> BadOption(std::string_view backend, std::string_view key,
                                 std::string_view value, std::string_view valid);

// Parses the value of an option that counts threads or streams: 1 to kMaxCount, for a guest at most
// the number of processors. Errors: invalid_argument, stating the valid values.
Result<std::int32_t> ParseCountOption(std::string_view backend, std::string_view key,
                                      std::string_view value, Origin origin);

// Returns the problems that `check` finds with each option alone. Options must not depend on each
// other.
std::vector<OptionProblem> CheckEachOption(
    const BackendOptions& options, const std::function<Result<void>(const BackendOptions&)>& check);

// Adds all options to a key, in their order.
void AddOptions(const BackendOptions& options, CacheKey::Builder& key);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_BACKEND_OPTIONS_H_
