// A backend without a library behind it, for tests and benchmarks of all that lies above.
//
// Its models are lines of text, as bytes or in a file:
//   io f32 2,?        an input of that type and shape, and an output that repeats it; "?" is any
//                     extent, "1..8" a range, "scalar" a scalar; input n is named "in<n>" and
//                     output n "out<n>"
//   in f32 1,3,224    an input without an output that repeats it
//   out f32 1,1000    an output without an input: the bytes of the first input as often as they
//                     fit, or zeros where there is none; its extents are numbers or "scalar"
//   load_ms 200       how long a load takes
//   bytes 1000        the model counts as so large, whatever its text
//   outputs ?         the outputs' extents are not known before a compute, those of "out" neither
//   outputs unowned   breaks the contract: an output that is kept does not own its memory
//   compute_ms 50     how long a compute takes; it ends early at its deadline
//   load_waits        the load takes until the test opens `Counters::loading`
//   compute_waits     the compute takes until the test opens `Counters::computing`; it ends early
//                     at its deadline
//   fail_load TEXT    the load fails with runtime_error and that text, as a library's: its detail
//   fail_compute TEXT the compute fails so
//
// It takes every option but "bad", and has a device for every target but tpu. A load looks at
// neither.
//
// Contexts share tensors without a copy. An output that repeats a shared input is that input, and
// owns it too.
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

// How often something was done for each placement. Thread-safe.
class PlacementCounts {
 public:
  void Add(const Placement& placement);
  int Of(const Placement& placement) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<Placement, int> counts_;  // Guarded by mutex_.
};

// Holds whatever waits for it until a test lets it go. Safe for all threads; allocates nothing.
class Latch {
 public:
  // Lets go what waits, and what comes later too.
  void Open();
  // Waits until `count` wait here at once; false after ten seconds.
  bool AwaitWaiting(int count = 1);

  // Waits until it is open; false where the deadline passes first. Ends the process after a minute:
  // a test that never opens it fails, and does not hang.
  bool Pass(Deadline deadline);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool is_open_ = false;
  int waiting_ = 0;
};

// What all fake backends, graphs and contexts that share it have done, for assertions, and what
// they wait for.
struct Counters {
  std::atomic<int> loads = 0;     // Begun, failed ones included.
  std::atomic<int> graphs = 0;    // Alive.
  std::atomic<int> contexts = 0;  // Alive.
  std::atomic<int> computes = 0;  // Begun.
  std::atomic<std::uint64_t> input_bytes_copied = 0;
  std::atomic<int> inputs_bound = 0;  // Shared tensors taken without a copy.
  PlacementCounts loads_for{};        // Begun, failed ones included.
  PlacementCounts contexts_for{};     // Ever made.
  Latch loading;                      // Of "load_waits".
  Latch computing;                    // Of "compute_waits".
};

class Backend : public namesake::Backend {
 public:
  // `counters` must outlive all that the backend makes.
  Backend(std::vector<Encoding> encodings, Counters& counters, std::string name = "fake")
      : name_(std::move(name)), encodings_(std::move(encodings)), counters_(counters) {}

  std::string_view name() const override { return name_; }
  std::string version() const override { return "1"; }
  std::span<const Encoding> encodings() const override { return encodings_; }
  std::vector<Device> Devices() const override { return {{"FAKE", "no device"}}; }
  std::vector<OptionProblem> CheckOptions(const Model& model) const override;
  Result<void> CheckTarget(Target target) const override;

 protected:
  Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                  const LoadOptions& options,
                                                  Deadline deadline) override;
  // Its models are text, whatever encoding they are given as.
  Result<ModelLayout> Layout(const Model& model) const override;

 private:
  std::string name_;
  std::vector<Encoding> encodings_;
  Counters& counters_;
};

// A model of that text, as bytes.
Model NewModel(std::string_view text, Encoding encoding = Encoding::kOnnx);

}  // namespace namesake::fake

#endif  // NAMESAKE_BACKENDS_FAKE_FAKE_BACKEND_H_
