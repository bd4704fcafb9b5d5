// A compiled model with its description, and how the two lie in an entry of the compiled cache:
//   what OpenVINO exports | the description | the description's size, 8 bytes
// What OpenVINO exports comes first, so that it begins at a page.
#ifndef NAMESAKE_BACKENDS_OPENVINO_COMPILED_FORM_H_
#define NAMESAKE_BACKENDS_OPENVINO_COMPILED_FORM_H_

#include <cstddef>
#include <openvino/runtime/compiled_model.hpp>
#include <openvino/runtime/core.hpp>
#include <span>
#include <string>

#include "backend_openvino/description.h"
#include "backend_openvino/options.h"
#include "namesake/compiled_cache.h"
#include "namesake/error.h"

namespace namesake::openvino {

struct CompiledForm {
  ov::CompiledModel model;
  Description description;
};

// Goes into the cache's key; changes with the layout above.
inline constexpr std::string_view kCompiledFormVersion = "openvino 2";

// Errors: runtime_error.
Result<void> StoreForm(const CompiledCache& cache, const CacheKey& key, CompiledForm form);

// The result reads its constants out of `payload`, which must outlive it. Errors: runtime_error for
// anything that StoreForm has not written or OpenVINO refuses.
Result<CompiledForm> ImportForm(ov::Core& core, std::span<const std::byte> payload,
                                const std::string& device, const Config& config);

// Whether the compiled model has the tensors that were described, in their order and types.
Result<void> CheckForm(const CompiledForm& form);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_COMPILED_FORM_H_
