// A compiled model and its description. An entry of the compiled cache contains
//   OpenVINO's export | padding to 64 bytes | weights | XML | description | the four sizes
// in this order, so that the export starts at a page boundary. Weights and XML are the IR of the
// model for any batch, if the export is of one for a batch of one (batch_one.h). A size has 8
// bytes.
#ifndef NAMESAKE_BACKENDS_OPENVINO_COMPILED_FORM_H_
#define NAMESAKE_BACKENDS_OPENVINO_COMPILED_FORM_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <openvino/core/model.hpp>
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
  // Describes the model as it was read.
  Description description;
  // If `model` is for a batch of one, returns the model that was read; else null. Throws OpenVINO's
  // exceptions.
  std::function<std::shared_ptr<ov::Model>()> read_any_batch{};
};

// Part of the cache's key; changes with the layout above.
inline constexpr std::string_view kCompiledFormVersion = "6";

// Keeps a form. A failure is logged.
void StoreForm(CompiledSlot& slot, CompiledForm form);

// The result reads its constants from `payload`, which must outlive it and `core`'s models. Errors:
// runtime_error for anything that StoreForm did not write or OpenVINO refuses.
Result<CompiledForm> ImportForm(const std::shared_ptr<ov::Core>& core,
                                std::span<const std::byte> payload, const std::string& device,
                                const Config& config);

// Fails unless the compiled model has the described tensors, in their order and with their types.
Result<void> CheckForm(const CompiledForm& form);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_COMPILED_FORM_H_
