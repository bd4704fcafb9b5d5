// The interface of a backend: Backend, Graph and ExecutionContext.
//
// A backend is a library that runs graphs. It turns a model into a graph (slow, once), and a graph
// into any number of execution contexts (cheap). The base classes check every tensor and the order
// of calls, so that a backend only ever sees what its own graph has declared that it accepts.
#ifndef NAMESAKE_BACKEND_H_
#define NAMESAKE_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"
#include "namesake/placement.h"
#include "namesake/tensor.h"

namespace namesake {

class CompiledCache;
class ExecutionContext;

// A model that a backend has loaded and compiled. Immutable, shared, safe for all threads; it ends
// with its last user. Always owned by a shared_ptr.
class NAMESAKE_API Graph : public std::enable_shared_from_this<Graph> {
 public:
  virtual ~Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // In the model's own order; constant for the graph's life.
  const std::vector<TensorInfo>& inputs() const { return inputs_; }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }

  // The index of the input or output of that name: one of the model's own names first, else a
  // decimal index ("0", "1", …).
  std::optional<std::size_t> FindInput(std::string_view name) const;
  std::optional<std::size_t> FindOutput(std::string_view name) const;

  // The size of the model in bytes, as well as the backend knows: that of its files or parts.
  std::uint64_t model_bytes() const { return model_bytes_; }

  // The encoding that the model was loaded as; kAutodetect where the backend does not say.
  Encoding encoding() const { return encoding_; }

  // The memory of one context besides its inputs and outputs, in bytes, as well as the backend
  // knows.
  std::uint64_t context_bytes() const { return traits_.context_bytes; }

  // Notes for the user on how the graph computes, such as types that the device narrows: a sentence
  // each, for people.
  const std::vector<std::string>& notes() const { return traits_.notes; }

  // A context for whoever `placement` says, which need not be whom the graph was loaded for: one
  // graph may serve many. Cheap beside a load. Any thread. The context keeps the graph alive.
  virtual Result<std::unique_ptr<ExecutionContext>> NewContext(
      const Placement& placement) const = 0;

 protected:
  struct Traits {
    std::uint64_t context_bytes = 0;
    std::vector<std::string> notes{};
  };

  Graph(std::vector<TensorInfo> inputs, std::vector<TensorInfo> outputs, std::uint64_t model_bytes,
        Encoding encoding = Encoding::kAutodetect)
      : Graph(std::move(inputs), std::move(outputs), model_bytes, encoding, Traits{}) {}
  Graph(std::vector<TensorInfo> inputs, std::vector<TensorInfo> outputs, std::uint64_t model_bytes,
        Encoding encoding, Traits traits)
      : inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        model_bytes_(model_bytes),
        encoding_(encoding),
        traits_(std::move(traits)) {}

 private:
  std::vector<TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
  std::uint64_t model_bytes_;
  Encoding encoding_;
  Traits traits_;
};

// The mutable state of one user of a graph: its inputs and outputs. One thread at a time; contexts
// of one graph are independent and run in parallel.
class NAMESAKE_API ExecutionContext {
 public:
  virtual ~ExecutionContext() = default;
  ExecutionContext(const ExecutionContext&) = delete;
  ExecutionContext& operator=(const ExecutionContext&) = delete;

  const Graph& graph() const { return *graph_; }

  // Copies the tensor once, straight into the backend's own buffer; `tensor` is not kept. The input
  // stays set for all later computes until it is set again. A refused tensor changes nothing.
  // Errors: invalid_argument for an index, a type, a shape or a length that the graph does not
  // accept; what the backend says otherwise.
  Result<void> SetInput(std::size_t index, const TensorView& tensor);

  // As SetInput, but the backend computes on the tensor's own bytes where it can: nothing is
  // copied, and the context holds the bytes until the input is set again or the context ends. It
  // never writes to them. A backend that can't compute in place copies them once. The outputs of
  // any context are as good as any other tensor, this context's own included.
  Result<void> ShareInput(std::size_t index, const SharedTensor& tensor);

  // Runs the graph on the inputs set. Blocks until the outputs are there or the deadline passes;
  // the context stays usable after either. Outputs of an earlier compute are gone once it starts.
  // Errors: invalid_argument when an input was never set; timeout; runtime_error.
  Result<void> Compute(Deadline deadline);

  // The output of the last successful compute. The view lives until the next call on the context
  // that is not Output. Errors: invalid_argument for an index the graph lacks, or before a
  // successful compute.
  Result<TensorView> Output(std::size_t index);

  // As Output, but to keep: it outlives the next compute and the context, and never changes. The
  // bytes are those of the backend's own output buffer where the backend can lend it, and nothing
  // is copied; elsewhere they are copied once. A compute that finds the bytes of an earlier one
  // still held puts out into other memory, and into the same where nobody holds them. Errors: as
  // Output's; runtime_error when there is no memory; internal for a backend that lends what it does
  // not own.
  Result<SharedTensor> ShareOutput(std::size_t index);

 protected:
  explicit ExecutionContext(std::shared_ptr<const Graph> graph);

 private:
  // All below are called with `index` in range and a tensor that `CheckTensor` accepts, and
  // `ReadOutput` and `KeepOutput` only after a successful `Run`. Whatever is copied goes through
  // graph/tensor_copy.h.
  // For an input of a variable size the context holds no more memory than the last tensor has.
  virtual Result<void> CopyInput(std::size_t index, const TensorView& tensor) = 0;
  // Where it fails the inputs stay, and no more memory is held than before.
  virtual Result<void> Run(Deadline deadline) = 0;
  virtual Result<TensorView> ReadOutput(std::size_t index) = 0;
  // What ShareInput and ShareOutput promise. By default both copy: the first by CopyInput, the
  // second what ReadOutput gives. What KeepOutput gives owns its memory, whatever becomes of the
  // context, the inputs and the other outputs: where the library's output may lie in an input's
  // memory or in another output's, it is copied, or keeps the other too.
  virtual Result<void> BindInput(std::size_t index, const SharedTensor& tensor);
  virtual Result<SharedTensor> KeepOutput(std::size_t index);

  Result<void> CheckInput(std::size_t index, const TensorView& tensor) const;
  Result<void> CheckOutput(std::size_t index) const;
  Result<void> CheckOwned(std::size_t index, const SharedTensor& kept) const;

  // A shared input as long as anybody holds it; nothing for one that was copied.
  struct Shared {
    std::weak_ptr<const std::byte> bytes{};
    std::size_t size = 0;
  };

  std::shared_ptr<const Graph> graph_;
  std::vector<bool> input_set_;
  std::vector<Shared> shared_inputs_;
  bool computed_ = false;
};

// A device as the backend names it, such as {"CPU", "Intel(R) Xeon(R) …"}.
struct Device {
  std::string name;
  std::string description;
};

struct LoadOptions {
  // Where compiled forms are kept between processes; null for nowhere. Outlives the load.
  CompiledCache* cache = nullptr;
  // Where temporary files go; empty for TMPDIR or, where it is not set, /tmp. An empty path for
  // nowhere.
  std::optional<std::filesystem::path> temporary_dir{};
  // Whom the graph is loaded for. A backend that loads into its own process has no use for it.
  Placement placement = Placement::Host();
};

// An option of a model's that its backend refuses.
struct OptionProblem {
  std::string key;
  std::string message;
};

// A library that runs graphs. Constructing one is cheap and loads nothing; all functions may be
// called from any thread at once. The base class checks every model before the library sees it.
class NAMESAKE_API Backend {
 public:
  virtual ~Backend() = default;

  // A word in lower case, unique among a host's backends, such as "openvino".
  virtual std::string_view name() const = 0;
  // The library's version as it states it.
  virtual std::string version() const = 0;
  // The encodings that it reads; constant, and never kAutodetect.
  virtual std::span<const Encoding> encodings() const = 0;
  // The devices of this machine that it can run on. Slow (it may probe drivers).
  virtual std::vector<Device> Devices() const = 0;

  // The options and the target that a load would refuse, found without loading, to check a
  // configuration. By default both find nothing: then the load is the first to refuse them.
  virtual std::vector<OptionProblem> CheckOptions(const Model& model) const;
  // Slow where `Devices` is. Errors: unsupported for a target whose device is absent.
  virtual Result<void> CheckTarget(Target target) const;

  // The size of all parts of a model together, in bytes: the `model_bytes` that its graph will
  // have. Looks at the files, but compiles nothing. Errors: as for `Load`, where they are seen this
  // early.
  Result<std::uint64_t> Measure(const Model& model) const;

  // Reads and compiles a model. Slow; blocks. A deadline that passes ends the load only where the
  // backend can end it. Errors: runtime_error, whose detail has path and library's words,
  // unsupported for a target whose device is absent, invalid_argument for options or parts it does
  // not know, invalid_encoding for an encoding that it does not read and for content of another
  // one, security for content that names what it must not (namesake/model_layout.h), timeout.
  Result<std::shared_ptr<const Graph>> Load(const Model& model, const LoadOptions& options,
                                            Deadline deadline);

 private:
  // Called for encodings of its own alone. What is not in the layout, the backend's library must
  // not open: it gets that encoding's reader and no other, and nothing to look for.
  virtual Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                          const LoadOptions& options,
                                                          Deadline deadline) = 0;
  // Only a backend for tests, whose models are not of the formats that their encodings stand for,
  // has another. Errors: as CheckLayout's.
  virtual Result<ModelLayout> Layout(const Model& model) const { return CheckLayout(model); }

  Result<ModelLayout> CheckedLayout(const Model& model) const;
};

}  // namespace namesake

#endif  // NAMESAKE_BACKEND_H_
