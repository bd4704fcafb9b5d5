// Shared by the tests of the ONNX Runtime backend: the backend, in this process or in workers, and
// the names of the helpers that the tests of all backends share.
#ifndef NAMESAKE_TESTS_ONNXRUNTIME_SUPPORT_H_
#define NAMESAKE_TESTS_ONNXRUNTIME_SUPPORT_H_

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/backend.h"
#include "namesake/onnxruntime.h"
#include "support/installed.h"
#include "support/models.h"

namespace namesake::onnxruntime {

using test::BytesModel;
using test::Dims;
using test::ExampleModel;
using test::ExpectClose;
using test::Expected;
using test::FileModel;
using test::Floats;
using test::InWorkers;
using test::MakeBlob;
using test::Numbers;
using test::PackagedModel;
using test::Path;
using test::ReadBlob;
using test::RunOnce;
using test::ScratchDirectory;
using test::TinyModel;
using test::View;
using test::WriteFile;

using Extents = std::vector<std::uint64_t>;

inline std::unique_ptr<Backend> NewBackend() {
  return InWorkers() ? test::InstalledBackend("onnxruntime") : NewOnnxRuntimeBackend();
}

// The one backend of this process, which is how a host uses it.
inline Backend& TheBackend() {
  static const std::unique_ptr<Backend> backend = NewBackend();
  return *backend;
}

inline Model OnnxFile(Path path, BackendOptions options = {}) {
  return FileModel(Encoding::kOnnx, {std::move(path)}, std::move(options));
}
inline std::shared_ptr<const Graph> MustLoad(const Model& model) {
  return test::MustLoad(TheBackend(), model);
}
inline std::shared_ptr<const Graph> MustLoadTiny(std::string_view name) {
  return MustLoad(OnnxFile(TinyModel(name)));
}
inline Error LoadError(const Model& model) { return test::LoadError(TheBackend(), model); }
inline std::unique_ptr<ExecutionContext> NewContext(const Graph& graph) {
  return graph.NewContext(Placement::Host()).value();
}

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_TESTS_ONNXRUNTIME_SUPPORT_H_
