#include "namesake/capabilities.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace namesake {
namespace {

// In the order of Capability.
constexpr std::array<std::string_view, kCapabilityCount> kNames = {
    "dynamic shapes", "empty tensors",   "scalars",          "64-bit integers", "64-bit floats",
    "state",          "inputs in place", "outputs in place", "deadlines",       "compiled forms"};

}  // namespace

std::string_view CapabilityName(Capability capability) {
  return kNames[static_cast<std::size_t>(capability)];
}

bool Capabilities::Has(ElementType type) const {
  return std::ranges::find(types, type) != types.end();
}

bool Capabilities::Has(Capability feature) const {
  return std::ranges::find(features, feature) != features.end();
}

std::vector<ElementType> AllElementTypes() {
  std::vector<ElementType> types;
  for (int i = 0; i < kElementTypeCount; ++i) types.push_back(static_cast<ElementType>(i));
  return types;
}

}  // namespace namesake
