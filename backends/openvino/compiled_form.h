// A compiled model and its description. An entry of the compiled cache contains
//   OpenVINO's export | the description | the description's size, 8 bytes
// in this order, so that the export starts at a page boundary.
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

// Part of the cache's key; changes with the layout above.
inline constexpr std::string_view kCompiledFormVersion = "4";

// Keeps a form. A failure is logged.
void StoreForm(CompiledSlot& slot, CompiledForm form);

// The result reads its constants from `payload`, which must outlive it. Errors: runtime_error for
// anything that StoreForm did not write or OpenVINO refuses.
Result<CompiledForm> ImportForm(ov::Core& core, std::span<const std::byte> payload,
                                const std::string& device, const Config& config);

// Fails unless the compiled model has the described tensors, in their order and with their types.
Result<void> CheckForm(const CompiledForm& form);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_COMPILED_FORM_H_
