#include "config/renamed.h"

#include <algorithm>
#include <array>

namespace namesake::config {
namespace {

struct Rename {
  std::string_view old_name;
  std::string_view new_name;
};

constexpr std::array kRenames = {
    Rename{"compute_timeout", "inference_timeout"},
    Rename{"failure_memory", "failed_load_ttl"},
    Rename{"max_computes", "max_inferences"},
    Rename{"max_queued_computes", "max_queued_inferences"},
};

}  // namespace

std::optional<std::string_view> NewNameOf(std::string_view key) {
  const auto* const rename = std::ranges::find(kRenames, key, &Rename::old_name);
  if (rename == kRenames.end()) return std::nullopt;
  return rename->new_name;
}

}  // namespace namesake::config
