// Shared by the tests of the OpenVINO backend: the backend, and the names of the helpers that the
// tests of all backends share.
#ifndef NAMESAKE_TESTS_OPENVINO_SUPPORT_H_
#define NAMESAKE_TESTS_OPENVINO_SUPPORT_H_

#include <memory>
#include <utility>

#include "openvino/modes.h"
#include "support/log_lines.h"
#include "support/models.h"

namespace namesake::openvino {

using test::BytesModel;
using test::Dims;
using test::ExampleModel;
using test::ExpectClose;
using test::Expected;
using test::FileModel;
using test::Floats;
using test::Input;
using test::LogLines;
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
using test::ZerosAndOnes;

// The one backend of this process, which is how a host uses it.
inline Backend& TheBackend() {
  static const std::unique_ptr<Backend> backend = NewBackend();
  return *backend;
}

inline std::shared_ptr<const Graph> MustLoad(const Model& model,
                                             std::shared_ptr<CompiledCache> cache = nullptr) {
  return test::MustLoad(TheBackend(), model, std::move(cache));
}

inline Error LoadError(const Model& model) { return test::LoadError(TheBackend(), model); }

}  // namespace namesake::openvino

#endif  // NAMESAKE_TESTS_OPENVINO_SUPPORT_H_
