// Capabilities that not every backend has. A backend declares those of its graphs, and the tests of
// backends check that these work and that the others don't.
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
  kEmptyTensors,    // An input of variable shape may have an extent of 0, unless the model
                    // has operations that are not known to compute on nothing.
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
