// A backend of one's own: multiplies f32 numbers by the one in its model, a file that begins as
// GGUF does ("GGUF" and four bytes of version), followed by a number as text. For short, it ignores
// targets and options, which a backend that has none should refuse.
#ifndef NAMESAKE_EXAMPLES_SCALE_BACKEND_H_
#define NAMESAKE_EXAMPLES_SCALE_BACKEND_H_
#include <namesake/namesake.h>

#include <cstring>
#include <fstream>

// The base classes check every tensor and the order of calls.
struct ScaleContext final : namesake::ExecutionContext {
  ScaleContext(std::shared_ptr<const namesake::Graph> graph, float by)
      : ExecutionContext(std::move(graph)), scale(by) {}
  namesake::Result<void> CopyInput(std::size_t, const namesake::TensorView& tensor) override {
    input = std::vector<float>(tensor.dims[0]);
    std::memcpy(input.data(), tensor.data.data(), tensor.data.size());
    return {};
  }
  namesake::Result<void> Run(namesake::Deadline) override {
    for (output = input; float& value : output) value *= scale;
    extent = output.size();
    return {};
  }
  namesake::Result<namesake::TensorView> ReadOutput(std::size_t) override {
    return namesake::TensorView{.dims = {&extent, 1}, .data = std::as_bytes(std::span(output))};
  }
  float scale;
  std::vector<float> input, output;
  std::uint64_t extent = 0;
};

struct ScaleGraph final : namesake::Graph {
  static inline const namesake::TensorInfo kVector{.shape = {{namesake::Dim::Dynamic()}}};
  ScaleGraph(std::uint64_t bytes, float by) : Graph({kVector}, {kVector}, bytes), scale(by) {}
  namesake::Result<std::unique_ptr<namesake::ExecutionContext>> NewContext(
      const namesake::Placement&) const override {
    return std::make_unique<ScaleContext>(shared_from_this(), scale);
  }
  float scale;
};

struct ScaleBackend final : namesake::Backend {
  static constexpr namesake::Encoding kEncodings[] = {namesake::Encoding::kGgml};
  std::string_view name() const override { return "scale"; }
  std::string version() const override { return "1"; }
  std::span<const namesake::Encoding> encodings() const override { return kEncodings; }
  std::vector<namesake::Device> Devices() const override { return {{"CPU", "this program"}}; }
  using Loaded = namesake::Result<std::shared_ptr<const namesake::Graph>>;
  Loaded LoadLayout(const namesake::Model&, namesake::ModelLayout layout,
                    const namesake::LoadOptions&, namesake::Deadline) override {
    const auto* const files = std::get_if<namesake::ModelLayout::Files>(&layout.parts);
    if (float scale = 0; files != nullptr && std::ifstream(files->model).ignore(8) >> scale) {
      return std::make_shared<const ScaleGraph>(layout.bytes, scale);
    }
    return std::unexpected(namesake::Error(namesake::ErrorCode::kRuntimeError, "it has no number"));
  }
};
#endif  // NAMESAKE_EXAMPLES_SCALE_BACKEND_H_
