#include "backend_openvino/compiled_form.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <openvino/pass/serialize.hpp>
#include <optional>
#include <ostream>
#include <sstream>
#include <utility>

#include "backend_openvino/ports.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/log.h"

namespace namesake::openvino {
namespace {

// The sizes of an entry's parts in bytes, in their order; the export without the padding.
struct Sizes {
  std::uint64_t exported = 0;
  std::uint64_t weights = 0;
  std::uint64_t xml = 0;
  std::uint64_t description = 0;
};

// The alignment at which OpenVINO expects the weights of an IR in memory.
constexpr std::size_t kWeightsAlignment = 64;

std::uint64_t Written(std::ostream& stream) {
  stream.seekp(0, std::ios::end);
  return static_cast<std::uint64_t>(stream.tellp());
}

void Write(CompiledForm& form, std::ostream& stream) {
  Sizes sizes;
  form.model.export_model(stream);
  sizes.exported = Written(stream);
  std::ostringstream xml;
  if (form.read_any_batch != nullptr) {
    constexpr std::array<char, kWeightsAlignment> kPadding{};
    stream.write(kPadding.data(),
                 static_cast<std::streamsize>(-sizes.exported % kWeightsAlignment));
    const std::uint64_t start = Written(stream);
    ov::pass::Serialize(xml, stream).run_on_model(form.read_any_batch());
    sizes.weights = Written(stream) - start;
  }
  const std::string description = Encode(form.description);
  sizes.xml = xml.view().size();
  sizes.description = description.size();
  stream << xml.view() << description;
  stream.write(reinterpret_cast<const char*>(&sizes), sizeof sizes);
}

struct Parts {
  std::span<const std::byte> exported;
  std::span<const std::byte> weights;
  std::span<const std::byte> xml;
  std::span<const std::byte> description;
};

// Empty unless the sizes are those of parts of the payload.
std::optional<Parts> PartsOf(std::span<const std::byte> payload) {
  Sizes sizes;
  if (payload.size() < sizeof sizes) return std::nullopt;
  std::memcpy(&sizes, payload.last(sizeof sizes).data(), sizeof sizes);
  payload = payload.first(payload.size() - sizeof sizes);
  Parts parts;
  const auto take_last = [&](std::uint64_t size, std::span<const std::byte>& part) {
    if (size > payload.size()) return false;
    part = payload.last(static_cast<std::size_t>(size));
    payload = payload.first(payload.size() - part.size());
    return true;
  };
  const bool taken = take_last(sizes.description, parts.description) &&
                     take_last(sizes.xml, parts.xml) && take_last(sizes.weights, parts.weights);
  if (!taken || sizes.exported > payload.size()) return std::nullopt;
  parts.exported = payload.first(static_cast<std::size_t>(sizes.exported));
  return parts;
}

ov::Tensor TensorOf(std::span<const std::byte> bytes) {
  const void* const data = bytes.data();
  return {ov::element::u8, {bytes.size()}, data};
}

// OpenVINO's constants of no bytes need none.
std::shared_ptr<ov::Model> ReadAnyBatch(ov::Core& core, const Parts& parts) {
  const std::string xml(reinterpret_cast<const char*>(parts.xml.data()), parts.xml.size());
  return core.read_model(xml, parts.weights.empty() ? ov::Tensor() : TensorOf(parts.weights));
}

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
  const auto exported = VendorCall(
      "can't export", [&] { slot.Store([&](std::ostream& stream) { Write(form, stream); }); });
  if (exported) return;
  base::Log().warn("openvino: a compiled model is not kept: {}", exported.error().detail());
}

Result<CompiledForm> ImportForm(const std::shared_ptr<ov::Core>& core,
                                std::span<const std::byte> payload, const std::string& device,
                                const Config& config) {
  const auto parts = PartsOf(payload);
  auto description = parts ? Decode(parts->description) : std::nullopt;
  if (!description) return base::Fail(ErrorCode::kRuntimeError, "it has no description");
  auto model = VendorCall("can't import", [&] {
    return core->import_model(TensorOf(parts->exported), device, config.properties);
  });
  if (!model) return base::Fail(model);
  CompiledForm form{.model = *std::move(model), .description = *std::move(description)};
  if (!parts->xml.empty()) {
    form.read_any_batch = [core, parts = *parts] { return ReadAnyBatch(*core, parts); };
  }
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
