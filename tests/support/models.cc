#include "support/models.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace namesake::test {
namespace {

std::vector<std::byte> One(ElementType type) {
  const auto bytes = [](auto value) {
    const auto span = std::as_bytes(std::span(&value, 1));
    return std::vector<std::byte>(span.begin(), span.end());
  };
  switch (type) {
    case ElementType::kF16:
      return bytes(std::uint16_t{0x3C00});
    case ElementType::kBf16:
      return bytes(std::uint16_t{0x3F80});
    case ElementType::kF32:
      return bytes(1.0F);
    case ElementType::kF64:
      return bytes(1.0);
    default: {
      std::vector<std::byte> one(ElementTypeSize(type));
      one[0] = std::byte{1};
      return one;
    }
  }
}

}  // namespace

Path TinyModel(std::string_view name) {
  return Path(NAMESAKE_SOURCE_DIR) / "tests/data/models" / name;
}
Path ExampleModel(std::string_view name) {
  return Path(NAMESAKE_SOURCE_DIR) / "examples/models" / name;
}
Path PackagedModel(std::string_view path) { return Path(NAMESAKE_DEPS_DIR) / path; }

Model FileModel(Encoding encoding, std::vector<Path> paths, BackendOptions options) {
  return {.encoding = encoding,
          .target = Target::kCpu,
          .source = ModelFiles{std::move(paths)},
          .options = std::move(options)};
}

Model BytesModel(Encoding encoding, std::vector<Blob> parts) {
  return {.encoding = encoding,
          .target = Target::kCpu,
          .source = ModelBytes{std::move(parts)},
          .options = {}};
}

Blob MakeBlob(std::string_view bytes) {
  const auto all = std::as_bytes(std::span(bytes.data(), bytes.size()));
  return std::make_shared<const std::vector<std::byte>>(all.begin(), all.end());
}

Blob ReadBlob(const Path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("no test file " + path.string());
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  return MakeBlob(bytes);
}

void WriteFile(const Path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file) throw std::runtime_error("can't write " + path.string());
}

std::vector<Path> EntriesOf(const Path& directory) {
  std::vector<Path> entries;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    entries.push_back(entry.path());
  }
  return entries;
}

std::shared_ptr<const Graph> MustLoad(Backend& backend, const Model& model,
                                      std::shared_ptr<CompiledCache> cache) {
  auto graph = backend.Load(model, {.cache = std::move(cache)}, Deadline::Never());
  if (!graph) throw std::runtime_error(graph.error().detail());
  return *std::move(graph);
}

Error LoadError(Backend& backend, const Model& model) {
  auto graph = backend.Load(model, {}, Deadline::Never());
  return graph ? Error(ErrorCode::kInternal, "the load succeeded") : graph.error();
}

std::vector<float> Numbers::Floats(std::size_t count) {
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(Next() >> 8) * 0x1p-23F - 1.0F;
  return values;
}

std::vector<std::int32_t> Numbers::Integers(std::uint32_t below, std::size_t count) {
  std::vector<std::int32_t> values(count);
  for (std::int32_t& value : values) value = static_cast<std::int32_t>((Next() >> 16) % below);
  return values;
}

std::vector<float> Expected(std::string_view name) {
  const Blob bytes =
      ReadBlob(Path(NAMESAKE_SOURCE_DIR) / "tests/data/expected" / (std::string(name) + ".f32"));
  std::vector<float> values(bytes->size() / sizeof(float));
  std::memcpy(values.data(), bytes->data(), values.size() * sizeof(float));
  return values;
}

std::vector<std::byte> ZerosAndOnes(ElementType type) {
  std::vector<std::byte> bytes;
  for (int i = 0; i < 3; ++i) {
    const std::vector<std::byte> one = One(type);
    bytes.insert(bytes.end(), one.begin(), one.end());
    bytes.resize(bytes.size() + ElementTypeSize(type));
  }
  return bytes;
}

std::vector<float> Floats(const TensorView& tensor) {
  EXPECT_EQ(tensor.type, ElementType::kF32);
  std::vector<float> values(tensor.data.size() / sizeof(float));
  if (!tensor.data.empty())
    std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(float));
  return values;
}

std::vector<std::uint64_t> Dims(const TensorView& tensor) {
  return {tensor.dims.begin(), tensor.dims.end()};
}

std::vector<std::vector<float>> RunOnce(const Graph& graph, const std::vector<Input>& inputs) {
  auto context = graph.NewContext(Placement::Host()).value();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto set = context->SetInput(i, View(ElementType::kF32, inputs[i].dims, inputs[i].data));
    if (!set) throw std::runtime_error(set.error().detail());
  }
  if (const auto ran = context->Compute(Deadline::Never()); !ran) {
    throw std::runtime_error(ran.error().detail());
  }
  std::vector<std::vector<float>> outputs;
  for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
    outputs.push_back(Floats(context->Output(i).value()));
  }
  return outputs;
}

void ExpectClose(std::span<const float> actual, std::span<const float> expected, float tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], tolerance) << "at " << i;
  }
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "backend-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no scratch directory");
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace namesake::test
