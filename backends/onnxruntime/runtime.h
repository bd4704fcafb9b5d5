// ONNX Runtime itself, started when first needed.
#ifndef NAMESAKE_BACKENDS_ONNXRUNTIME_RUNTIME_H_
#define NAMESAKE_BACKENDS_ONNXRUNTIME_RUNTIME_H_

#include <onnxruntime_cxx_api.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/alarm.h"
#include "base/processors.h"
#include "namesake/error.h"

namespace namesake::onnxruntime {

// Thread-safe. Graphs share it with the backend that made them.
class Runtime {
 public:
  Runtime() = default;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Starts ONNX Runtime at the first call, which takes some 30 ms, with the threads on which all
  // graphs compute. There is one environment in a process: the first one that is made decides its
  // threads and its log. Errors: runtime_error.
  Result<Ort::Env*> Environment();

  // Before the first call of Environment: how many threads it starts.
  void SetThreads(unsigned threads) { threads_ = threads; }
  unsigned threads() const { return threads_ ? *threads_ : base::Processors(); }

  base::AlarmClock& alarms() { return alarms_; }

 private:
  // Empty for one for each processor.
  std::optional<unsigned> threads_{};
  std::mutex mutex_;
  // Guarded by mutex_.
  std::optional<Ort::Env> environment_;
  base::AlarmClock alarms_;
};

// Turns ONNX Runtime's telemetry off for the life of the process, before ONNX Runtime starts: it
// would write a database into the user's cache and send what it notes to its maker. Changes the
// environment, so no other thread may read that meanwhile.
void DisableTelemetry();

// Returns ONNX Runtime's version, such as "1.31.1".
std::string VendorVersion();

// The processor's own name, such as "Intel(R) Xeon(R) Processor".
std::string ProcessorName();

}  // namespace namesake::onnxruntime

#endif  // NAMESAKE_BACKENDS_ONNXRUNTIME_RUNTIME_H_
