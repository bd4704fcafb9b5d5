#include "backend_onnxruntime/runtime.h"

#include <cpuid.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "backend_onnxruntime/vendor_call.h"
#include "base/fail.h"
#include "base/log.h"

namespace namesake::onnxruntime {
namespace {

// By default ONNX Runtime writes to standard error. What it logs about a failure is also in the
// error that it returns.
void TakeLog(void* /*parameter*/, OrtLoggingLevel /*severity*/, const char* /*category*/,
             const char* /*logger*/, const char* /*place*/, const char* message) {
  base::Log().debug("onnxruntime: {}", message);
}

// All threads compute for whoever calls, and nobody spins while it waits: workers of other
// tenants want the same processors. A number of threads, unlike none, also keeps ONNX Runtime from
// binding each to a processor.
Ort::ThreadingOptions Threads(unsigned count) {
  Ort::ThreadingOptions threads;
  threads.SetGlobalIntraOpNumThreads(static_cast<int>(count));
  // Graphs are computed one operation after another.
  threads.SetGlobalInterOpNumThreads(1);
  threads.SetGlobalSpinControl(0);
  return threads;
}

}  // namespace

// Its interface turns off only a part, and only after the start.
void DisableTelemetry() { ::setenv("ORT_DISABLE_TELEMETRY", "1", 1); }

std::string VendorVersion() { return OrtGetApiBase()->GetVersionString(); }

std::string ProcessorName() {
  constexpr unsigned kFirstPart = 0x80000002;
  constexpr unsigned kParts = 3;
  std::array<unsigned, 4 * kParts> words{};
  for (unsigned i = 0; i < kParts; ++i) {
    unsigned* const part = &words[std::size_t{4} * i];
    if (__get_cpuid(kFirstPart + i, part, part + 1, part + 2, part + 3) == 0) return "unknown";
  }
  std::array<char, sizeof words + 1> name{};
  std::memcpy(name.data(), words.data(), sizeof words);
  const std::string_view text = name.data();
  return std::string(text.substr(std::min(text.find_first_not_of(' '), text.size())));
}

Result<Ort::Env*> Runtime::Environment() {
  const std::scoped_lock lock(mutex_);
  if (environment_) return &*environment_;
  if (OrtGetApiBase()->GetApi(ORT_API_VERSION) == nullptr) {
    return base::Fail(ErrorCode::kRuntimeError,
                      "ONNX Runtime {} is older than the headers that Namesake was built with",
                      VendorVersion());
  }
  return VendorCall("can't start ONNX Runtime", [&] {
    // It logs until the process ends.
    base::Log();
    const Ort::ThreadingOptions threads = Threads(this->threads());
    environment_.emplace(threads, TakeLog, nullptr, ORT_LOGGING_LEVEL_WARNING, "namesake");
    environment_->DisableTelemetryEvents();
    return &*environment_;
  });
}

}  // namespace namesake::onnxruntime
