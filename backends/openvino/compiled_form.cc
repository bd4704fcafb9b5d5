#include "backend_openvino/compiled_form.h"

#include <cstdint>
#include <cstring>
#include <ostream>
#include <utility>

#include "backend_openvino/ports.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/log.h"

namespace namesake::openvino {
namespace {

using Size = std::uint64_t;

bool Matches(const std::vector<ov::Output<const ov::Node>>& ports,
             const std::vector<TensorInfo>& infos) {
  if (ports.size() != infos.size()) return false;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (ports[i].get_element_type() != ToVendorType(infos[i].type)) return false;
  }
  return true;
}

}  // namespace

void StoreForm(CompiledSlot& slot, CompiledForm form) {
  const std::string description = Encode(form.description);
  const Size size = description.size();
  const auto exported = VendorCall("can't export", [&] {
    slot.Store([&](std::ostream& stream) {
      form.model.export_model(stream);
      stream.seekp(0, std::ios::end);
      stream << description;
      stream.write(reinterpret_cast<const char*>(&size), sizeof size);
    });
  });
  if (exported) return;
  base::Log().warn("openvino: a compiled model is not kept: {}", exported.error().detail());
}

Result<CompiledForm> ImportForm(ov::Core& core, std::span<const std::byte> payload,
                                const std::string& device, const Config& config) {
  const auto malformed = [] {
    return base::Fail(ErrorCode::kRuntimeError, "it has no description");
  };
  Size size = 0;
  if (payload.size() < sizeof size) return malformed();
  std::memcpy(&size, payload.last(sizeof size).data(), sizeof size);
  payload = payload.first(payload.size() - sizeof size);
  if (size > payload.size()) return malformed();
  auto description = Decode(payload.last(static_cast<std::size_t>(size)));
  if (!description) return malformed();
  const auto exported = payload.first(payload.size() - static_cast<std::size_t>(size));
  auto model = VendorCall("can't import", [&] {
    const void* const data = exported.data();
    return core.import_model(ov::Tensor(ov::element::u8, {exported.size()}, data), device,
                             config.properties);
  });
  if (!model) return base::Fail(model);
  CompiledForm form{.model = *std::move(model), .description = *std::move(description)};
  if (auto checked = CheckForm(form); !checked) return base::Fail(std::move(checked));
  return form;
}

Result<void> CheckForm(const CompiledForm& form) {
  auto matches = VendorCall("can't list the compiled model's tensors", [&] {
    return Matches(form.model.inputs(), form.description.inputs) &&
           Matches(form.model.outputs(), form.description.outputs);
  });
  if (!matches) return base::Fail<bool>(std::move(matches));
  if (*matches) return {};
  return base::Fail(
      ErrorCode::kRuntimeError,
      "the compiled model's inputs or outputs differ from those of the model that was read");
}

}  // namespace namesake::openvino
