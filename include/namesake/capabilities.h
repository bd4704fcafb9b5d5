// What a backend's graphs can do beyond what every backend must: facts that a backend declares, and
// that the tests of backends hold it to.
#ifndef NAMESAKE_CAPABILITIES_H_
#define NAMESAKE_CAPABILITIES_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "namesake/export.h"
#include "namesake/tensor.h"

namespace namesake {

enum class Capability : std::uint8_t {
  kDynamicShapes,   // Inputs and outputs whose extents change from one inference to the next.
  kEmptyTensors,    // An input of variable shape may have an extent of 0, whatever reads it.
  kScalars,         // Inputs and outputs without dimensions.
  kWideIntegers,    // Computes i64 in 64 bits.
  kWideFloats,      // Computes f64 in 64 bits.
  kState,           // A context may keep state from one inference to the next.
  kInputsInPlace,   // Computes on a shared input's own bytes.
  kOutputsInPlace,  // Computes an output of fixed size into the memory that it is given.
  kDeadlines,       // Ends an inference at its deadline without the end of its process.
  kCompiledForms,   // Compiled forms of its models can be kept.
};
inline constexpr int kCapabilityCount = 10;

// The name in lower case, such as "dynamic shapes".
NAMESAKE_API std::string_view CapabilityName(Capability capability);

struct NAMESAKE_API Capabilities {
  // The element types that inputs and outputs may have.
  std::vector<ElementType> types{};
  std::vector<Capability> features{};

  bool Has(ElementType type) const;
  bool Has(Capability feature) const;

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

// All element types that the core supports, in their order.
NAMESAKE_API std::vector<ElementType> AllElementTypes();

}  // namespace namesake

#endif  // NAMESAKE_CAPABILITIES_H_
