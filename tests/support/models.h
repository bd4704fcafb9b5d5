// Shared by the tests of backends: models, numbers, directories, and shorthands to load and run.
#ifndef NAMESAKE_TESTS_SUPPORT_MODELS_H_
#define NAMESAKE_TESTS_SUPPORT_MODELS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/backend.h"
#include "namesake/compiled_cache.h"

namespace namesake::test {

using Path = std::filesystem::path;

// The path of a model in tests/data/models, in examples/models, and in an unpacked package.
Path TinyModel(std::string_view name);
Path ExampleModel(std::string_view name);
Path PackagedModel(std::string_view path);

Model FileModel(Encoding encoding, std::vector<Path> paths, BackendOptions options = {});
Model BytesModel(Encoding encoding, std::vector<Blob> parts);

Blob ReadBlob(const Path& path);
Blob MakeBlob(std::string_view bytes);
void WriteFile(const Path& path, std::string_view bytes);
// Returns the paths of what is in a directory, in no order.
std::vector<Path> EntriesOf(const Path& directory);

// Loads a graph. If that fails, fails the test and ends it with an exception.
std::shared_ptr<const Graph> MustLoad(Backend& backend, const Model& model,
                                      std::shared_ptr<CompiledCache> cache = nullptr);
// Returns the error of a load, which must fail.
Error LoadError(Backend& backend, const Model& model);

// The same generator as in tests/data/make_expected.py.
class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : x_(seed) {}
  std::vector<float> Floats(std::size_t count);
  std::vector<std::int32_t> Integers(std::uint32_t below, std::size_t count);

 private:
  std::uint32_t Next() { return x_ = x_ * 1664525U + 1013904223U; }
  std::uint32_t x_;
};

// Reads a file in tests/data/expected.
std::vector<float> Expected(std::string_view name);

template <typename T>
TensorView View(ElementType type, std::span<const std::uint64_t> dims, const std::vector<T>& data) {
  return {.type = type, .dims = dims, .data = std::as_bytes(std::span(data))};
}
std::vector<float> Floats(const TensorView& tensor);
std::vector<std::uint64_t> Dims(const TensorView& tensor);

// Six values of this type: 1 0 1 0 1 0.
std::vector<std::byte> ZerosAndOnes(ElementType type);

struct Input {
  std::vector<std::uint64_t> dims;
  std::vector<float> data;
};
// Runs one inference on f32 inputs and returns all f32 outputs.
std::vector<std::vector<float>> RunOnce(const Graph& graph, const std::vector<Input>& inputs);
void ExpectClose(std::span<const float> actual, std::span<const float> expected, float tolerance);

// An empty directory for one test, removed when it ends.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();
  const Path& path() const { return path_; }

 private:
  Path path_;
};

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_SUPPORT_MODELS_H_
