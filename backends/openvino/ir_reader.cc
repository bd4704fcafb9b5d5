#include "backend_openvino/ir_reader.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <istream>
#include <openvino/core/preprocess/pre_post_process.hpp>
#include <set>
#include <span>
#include <spanstream>
#include <string>

#include "backend_openvino/read_by.h"
#include "backend_openvino/vendor_call.h"
#include "base/fail.h"
#include "base/file.h"

namespace namesake::openvino {
namespace {

using VendorModel = std::shared_ptr<ov::Model>;

constexpr const char* kVersion = "version";
constexpr const char* kWeightsPath = "__weights_path";

// Given no weights, the reader would look for some itself: in a file next to the model or, for a
// stream or a path without a dot, in ".bin" in the working directory.
constexpr const char* kNoWeights = "/dev/null";

bool IsVersion10(const ov::Model& model) {
  return model.has_rt_info(kVersion) && model.get_rt_info<std::int64_t>(kVersion) == 10;
}

ov::element::Type InputType10(const ov::element::Type& type) {
  return type == ov::element::f16 ? ov::element::f32 : type;
}

ov::element::Type OutputType10(const ov::element::Type& type) {
  using namespace ov::element;
  const bool whole = type == i32 || type == u32 || type == i64 || type == u64;
  return whole ? i32 : f32;
}

// Returns an output's name in version 10: that of its operation, plus the port if there are
// several.
std::string OutputName10(const ov::Output<ov::Node>& source) {
  const std::string& name = source.get_node()->get_friendly_name();
  if (source.get_node()->get_output_size() == 1) return name;
  return fmt::format("{}.{}", name, source.get_index());
}

// Adds a name; fails if another tensor of the model has it.
class Names10 {
 public:
  explicit Names10(const ov::Model& model) {
    for (const auto& port : model.inputs()) used_.merge(std::set<std::string>(Of(port)));
    for (const auto& port : model.outputs()) used_.merge(std::set<std::string>(Of(port)));
  }

  void Add(ov::Output<ov::Node> port, const std::string& name) {
    if (port.get_names().contains(name)) return;
    OPENVINO_ASSERT(used_.insert(name).second, "two tensors of the model are called \"", name,
                    "\"; convert it to IR version 11");
    port.add_names({name});
  }

 private:
  static std::set<std::string> Of(const ov::Output<const ov::Node>& port) {
    const auto& names = port.get_names();
    return {names.begin(), names.end()};
  }

  std::set<std::string> used_;
};

// Upgrades version 10, like Core::read_model. Its inputs and outputs are named after their
// operations, and have other types than these.
VendorModel UpdateVersion10(const VendorModel& model) {
  ov::preprocess::PrePostProcessor types(model);
  for (std::size_t i = 0; i < model->inputs().size(); ++i) {
    types.input(i).tensor().set_element_type(InputType10(model->input(i).get_element_type()));
  }
  for (std::size_t i = 0; i < model->outputs().size(); ++i) {
    types.output(i).tensor().set_element_type(OutputType10(model->output(i).get_element_type()));
  }
  Names10 names(*model);
  for (const auto& result : model->get_results()) {
    names.Add(result->output(0), OutputName10(result->input_value(0)));
  }
  for (const auto& parameter : model->get_parameters()) {
    names.Add(parameter->output(0), parameter->get_friendly_name());
  }
  return types.build();
}

Result<VendorModel> Read(const ov::Any& xml, const std::string& bin, Weights weights,
                         const Wording& context) {
  return VendorCall(context, [&]() -> VendorModel {
    const VendorModel model = ReadBy("ir", {xml, bin}, weights);
    return model && IsVersion10(*model) ? UpdateVersion10(model) : model;
  });
}

// Writes the bytes to an anonymous file, for a reader that only accepts weights by path.
Result<base::FileDescriptor> WriteMemoryFile(std::span<const std::byte> bytes) {
  base::FileDescriptor file(::memfd_create("namesake-weights", MFD_CLOEXEC));
  if (!file.valid()) {
    return base::Fail(ErrorCode::kRuntimeError,
                      "can't create a memory file for a model's weights: {}",
                      base::SystemWording(errno));
  }
  if (const int error = base::WriteAll(file.get(), bytes); error != 0) {
    return base::Fail(ErrorCode::kRuntimeError, "out of memory for a model's weights: {}",
                      base::SystemWording(error));
  }
  return file;
}

}  // namespace

Result<VendorModel> ReadIr(const ModelLayout::Files& files, Weights weights,
                           const Wording& context) {
  const std::string bin = files.companions.empty() ? kNoWeights : files.companions[0].string();
  return Read(files.model.string(), bin, weights, context);
}

Result<VendorModel> ReadIr(const ModelLayout::Memory& memory, Weights weights,
                           const Wording& context) {
  std::ispanstream stream(
      std::span(reinterpret_cast<const char*>(memory.model->data()), memory.model->size()));
  std::istream* const xml = &stream;
  if (!memory.weights || memory.weights->empty()) return Read(xml, kNoWeights, weights, context);
  const auto file = WriteMemoryFile(*memory.weights);
  if (!file) return base::Fail(file);
  // The reader opens the file itself, so the descriptor is not needed any longer.
  auto model = Read(xml, fmt::format("/proc/self/fd/{}", file->get()), weights, context);
  // The descriptor's number will soon belong to another file.
  if (model && *model) (*model)->get_rt_info().erase(kWeightsPath);
  return model;
}

}  // namespace namesake::openvino
