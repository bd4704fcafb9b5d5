// A backend without a library, for tests and benchmarks of everything above it.
//
// Its models are lines of text, given as bytes or in a file, also as the producer's name in an ONNX
// model, for hosts that look at a model's content:
//   io f32 2,?        an input of that type and shape, and an output that repeats it; "?" is any
//                     extent, "1..8" a range, "scalar" a scalar; input n is named "in<n>" and
//                     output n "out<n>"
//   in f32 1,3,224    an input that no output repeats
//   out f32 1,1000    an output without an input: as many copies of the first input's bytes as fit,
//                     or zeros if there is no input; its extents are numbers or "scalar"
//   load_ms 200       how long a load takes
//   bytes 1000        the size that the model counts as, whatever its text
//   outputs ?         no output's extents are known before an inference, not even those of "out"
//   outputs unowned   breaks the contract: a kept output does not own its memory
//   compute_ms 50     how long an inference takes; it ends early at its deadline
//   load_waits        the load waits until the test opens `Counters::loading`
//   compute_waits     the inference waits until the test opens `Counters::computing`; it ends early
//                     at its deadline
//   compute_hangs     the inference waits likewise, whatever its deadline
//   fail_load TEXT    the load fails with runtime_error, and TEXT in the detail as if a library
//                     had said it
//   fail_compute TEXT the inference fails likewise
//
// Accepts every option except "bad", and has a device for every target except tpu. A load checks
// neither.
//
// Contexts share tensors without a copy. An output that repeats a shared input is that input, and
// shares its ownership.
#ifndef NAMESAKE_BACKENDS_FAKE_FAKE_BACKEND_H_
#define NAMESAKE_BACKENDS_FAKE_FAKE_BACKEND_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namesake/backend.h"
#include "namesake/deadline.h"

namespace namesake::fake {

// Counts by placement. Thread-safe.
class PlacementCounts {
 public:
  void Add(const Placement& placement);
  int Of(const Placement& placement) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<Placement, int> counts_;  // Guarded by mutex_.
};

// Blocks whatever waits for it until a test opens it. Safe for all threads; allocates nothing.
class Latch {
 public:
  // Releases all waiters, also later ones.
  void Open();
  // Waits until `count` threads wait here at once; returns false after ten seconds.
  bool AwaitWaiting(int count = 1);

  // Waits until it is open; returns false if the deadline passes first. Ends the process after a
  // minute, so that a test that never opens it fails instead of hanging.
  bool Pass(Deadline deadline);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool is_open_ = false;
  int waiting_ = 0;
};

// What all fake backends, graphs and contexts that share it have done, for assertions, and the
// latches they wait for.
struct Counters {
  std::atomic<int> loads = 0;     // Started, including failed ones.
  std::atomic<int> graphs = 0;    // Alive.
  std::atomic<int> contexts = 0;  // Alive.
  std::atomic<int> computes = 0;  // Started.
  std::atomic<std::uint64_t> input_bytes_copied = 0;
  std::atomic<int> inputs_bound = 0;  // Shared tensors taken without a copy.
  PlacementCounts loads_for{};        // Started, including failed ones.
  PlacementCounts contexts_for{};     // All ever made.
  Latch loading;                      // For "load_waits".
  Latch computing;                    // For "compute_waits".
};

class Backend : public namesake::Backend {
 public:
  // `counters` must outlive everything that the backend makes. With isolation by tenant it makes a
  // graph for each, but all in this process.
  Backend(std::vector<Encoding> encodings, Counters& counters, std::string name = "fake",
          Isolation isolation = Isolation::kProcess)
      : name_(std::move(name)),
        encodings_(std::move(encodings)),
        counters_(counters),
        isolation_(isolation) {}

  std::string_view name() const override { return name_; }
  std::string version() const override { return "1"; }
  Isolation isolation() const override { return isolation_; }
  std::span<const Encoding> encodings() const override { return encodings_; }
  std::vector<Device> Devices() const override { return {{"FAKE", "no device"}}; }
  Capabilities capabilities() const override;
  std::vector<OptionProblem> CheckOptions(const Model& model) const override;
  Result<void> CheckTarget(Target target) const override;

 protected:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override;
  // Reads models as text, whatever their encoding.
  Result<ModelLayout> Layout(const Model& model) const override;

 private:
  std::string name_;
  std::vector<Encoding> encodings_;
  Counters& counters_;
  Isolation isolation_;
};

// Makes a model with that text, as bytes.
Model NewModel(std::string_view text, Encoding encoding = Encoding::kOnnx);
// The same in an ONNX model.
Model NewOnnxModel(std::string_view text);

}  // namespace namesake::fake

#endif  // NAMESAKE_BACKENDS_FAKE_FAKE_BACKEND_H_
