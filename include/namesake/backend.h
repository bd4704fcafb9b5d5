// The interface of a backend: Backend, Graph and ExecutionContext.
//
// A backend is a library that runs graphs. It turns a model into a graph (slow, once), and a graph
// into any number of execution contexts (cheap). The base classes check every tensor and the order
// of calls, so a backend only sees what its own graph has declared that it accepts.
#ifndef NAMESAKE_BACKEND_H_
#define NAMESAKE_BACKEND_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/capabilities.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/isolation.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"
#include "namesake/placement.h"
#include "namesake/tensor.h"

namespace namesake {

class CompiledCache;
class CompiledSlot;
class ExecutionContext;
namespace graph {
class GraphTable;
}  // namespace graph
namespace worker {
class Users;
struct User;
}  // namespace worker

// A model that a backend has loaded and compiled. Immutable, shared, and safe for all threads.
// Always owned by a shared_ptr; ends with its last user.
class NAMESAKE_API Graph : public std::enable_shared_from_this<Graph> {
 public:
  virtual ~Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // The inputs and outputs in the model's order; constant for the graph's life.
  const std::vector<TensorInfo>& inputs() const { return inputs_; }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }

  // Returns the index of the input or output called `name`: one of the model's own names if any
  // matches, otherwise a decimal index ("0", "1", …).
  std::optional<std::size_t> FindInput(std::string_view name) const;
  std::optional<std::size_t> FindOutput(std::string_view name) const;

  // The model's size in bytes: the size of its files or parts, as far as the backend knows it.
  std::uint64_t model_bytes() const { return model_bytes_; }

  // The encoding that the model was loaded as; kAutodetect if the backend does not say.
  Encoding encoding() const { return encoding_; }

  // The memory that one context takes besides its inputs and outputs, in bytes, as far as the
  // backend knows it.
  std::uint64_t context_bytes() const { return traits_.context_bytes; }

  // Whether a context keeps state from one inference to the next, which only that context has.
  bool keeps_state() const { return traits_.keeps_state; }

  // The threads of its own that an inference computes on, at least 1: its caller's alone if it
  // shares others with all inferences of its process.
  std::uint64_t threads() const { return traits_.threads; }

  // Notes for people on how the graph computes, such as types that the device narrows; one sentence
  // each.
  const std::vector<std::string>& notes() const { return traits_.notes; }

  // Makes a context for the user that `placement` names, which may differ from the placement that
  // the graph was loaded for: one graph may serve many. Cheap compared with a load. Any thread. The
  // context keeps the graph alive.
  virtual Result<std::unique_ptr<ExecutionContext>> NewContext(
      const Placement& placement) const = 0;

 protected:
  struct Traits {
    std::uint64_t context_bytes = 0;
    std::vector<std::string> notes{};
    bool keeps_state = false;
    std::uint64_t threads = 1;
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

  // The name by which its user knows the model, for messages; empty for none.
  void set_model_name(std::string name) { model_name_ = std::move(name); }
  const std::string& model_name() const { return model_name_; }

  // Copies the tensor once, straight into the backend's own buffer; `tensor` is not kept. The input
  // stays set for all later inferences until it is set again. A refused tensor changes nothing.
  // Errors: invalid_argument for an index, type, shape or length that the graph does not accept;
  // otherwise the backend's errors.
  Result<void> SetInput(std::size_t index, const TensorView& tensor);

  // Like SetInput, but the backend computes on the tensor's own bytes if it can: nothing is copied,
  // and the context holds the bytes until the input is set again or the context ends. It never
  // writes to them. A backend that can't compute in place copies them once. The tensor may be an
  // output of any context, including this one.
  Result<void> ShareInput(std::size_t index, const SharedTensor& tensor);

  // Lets the backend compute an output straight into `memory`, which has `size` bytes, aligned to
  // 64, from the next inference on; it holds the memory until it is given other memory or the
  // context ends. A backend that can't do that computes into its own, and so does any backend if
  // the output is of fixed size and the memory is not, or if the output is larger: where an output
  // lies, `Output` tells. Null takes the memory back. Errors: invalid_argument for an index that
  // the graph does not have.
  Result<void> PlaceOutput(std::size_t index, std::shared_ptr<std::byte> memory, std::size_t size);

  // Runs the graph on the inputs that are set. Blocks until the outputs are ready or the deadline
  // passes; the context stays usable either way. Starting an inference discards the outputs of the
  // previous one. Errors: invalid_argument if an input was never set; timeout; runtime_error.
  Result<void> Compute(Deadline deadline);

  // The output of the last successful inference. The view is valid until the next call on the
  // context other than Output. Errors: invalid_argument for an index that the graph does not have,
  // or if the last inference failed or there was none.
  Result<TensorView> Output(std::size_t index);

  // Like Output, but the tensor may be kept: it outlives the next inference and the context, and
  // never changes. If the backend can lend its own output buffer, nothing is copied; otherwise the
  // bytes are copied once. An inference writes its outputs to other memory while the bytes of an
  // earlier one are held, and reuses the memory when nobody holds it. Errors: those of Output;
  // runtime_error if memory runs out; internal if the backend lends memory that it does not own.
  Result<SharedTensor> ShareOutput(std::size_t index);

 protected:
  explicit ExecutionContext(std::shared_ptr<const Graph> graph);

 private:
  // The functions below are called with `index` in range and a tensor that `CheckTensor` accepts;
  // `ReadOutput` and `KeepOutput` are called only after a successful `Run`. All copies go through
  // graph/tensor_copy.h.
  //
  // For an input of variable size, the context holds no more memory than the last tensor needs.
  virtual Result<void> CopyInput(std::size_t index, const TensorView& tensor) = 0;
  // On failure the inputs stay set, and no more memory is held than before.
  virtual Result<void> Run(Deadline deadline) = 0;
  virtual Result<TensorView> ReadOutput(std::size_t index) = 0;
  // Implement ShareInput and ShareOutput. By default both copy: BindInput by CopyInput, and
  // KeepOutput the result of ReadOutput. The tensor that KeepOutput returns owns its memory,
  // whatever becomes of the context, the inputs and the other outputs: if the library's output may
  // share memory with an input or another output, KeepOutput copies it or keeps the other alive
  // too.
  virtual Result<void> BindInput(std::size_t index, const SharedTensor& tensor);
  virtual Result<SharedTensor> KeepOutput(std::size_t index);
  // Implements PlaceOutput. By default does nothing.
  virtual void TakeOutputMemory(std::size_t index, std::shared_ptr<std::byte> memory,
                                std::size_t size);

  Result<void> CheckInput(std::size_t index, const TensorView& tensor) const;
  Result<void> CheckOutput(std::size_t index) const;
  Result<void> CheckOwned(std::size_t index, const SharedTensor& kept) const;

  // A shared input, for as long as anybody holds it; empty for an input that was copied.
  struct Shared {
    std::weak_ptr<const std::byte> bytes{};
    std::size_t size = 0;
  };

  std::shared_ptr<const Graph> graph_;
  std::string model_name_;
  std::vector<bool> input_set_;
  std::vector<Shared> shared_inputs_;
  bool computed_ = false;
};

// A device as the backend names it, such as {"CPU", "Intel(R) Xeon(R) …"}.
struct Device {
  std::string name;
  std::string description;
};

// A backend as it is on this machine.
struct BackendDescription {
  std::string version{};
  Capabilities capabilities{};
  std::vector<Device> devices{};
};

struct LoadOptions {
  // Tells that nobody waits for the graph any more. A backend in a worker then ends the worker if
  // the load goes on for long.
  std::stop_token stop{};
  // Keeps compiled forms between processes; null for no cache. A graph may keep it, to be loaded
  // again.
  std::shared_ptr<CompiledCache> cache{};
  // The place of this model's compiled form; null for none. `Backend::Load` finds it in `cache`,
  // for backends that identify their compiled forms. Outlives the load.
  CompiledSlot* compiled = nullptr;
  // The directory for temporary files; without one, TMPDIR or, if that is not set, /tmp. An empty
  // path means that there is none.
  std::optional<std::filesystem::path> temporary_dir{};
  // The user that the graph is loaded for. A backend that loads into its own process ignores it.
  Placement placement = Placement::Host();
  // The same user, for backends that run in workers; null for one without limits. Only a host makes
  // one.
  std::shared_ptr<const worker::User> user{};
  // All users of the host, for a graph that serves them all; null for none.
  std::shared_ptr<const worker::Users> users{};
};

// An option of a model that its backend refuses.
struct OptionProblem {
  std::string key;
  std::string message;
};

// Settings that a backend's process gets when it starts.
struct ProcessOptions {
  // The most threads on which it should compute, at least 1.
  unsigned threads = 1;
};

// Everything besides a model's content that decides its compiled form.
struct FormIdentity {
  // The library's version, and that of what the backend makes of its forms: the same for all
  // models, so that no form of another version is ever used again. Empty if the backend's compiled
  // forms can't be kept.
  std::string version{};
  // The rest, such as the device and the options.
  std::string details{};
};

// The files that a backend's process may read.
struct ProcessNeeds {
  // The folders with the library's own files, in each spelling that the library may use.
  std::vector<std::filesystem::path> library_folders{};
  // Files and folders that only the warm-up reads, besides those.
  std::vector<std::filesystem::path> warm_up{};
};

// A library that runs graphs. Constructing one is cheap and loads nothing; all functions may be
// called from any thread at once. The base class checks every model before the library sees it.
class NAMESAKE_API Backend {
 public:
  Backend();
  virtual ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  // A lower-case word, unique among a host's backends, such as "openvino".
  virtual std::string_view name() const = 0;
  // The library's version as the library states it.
  virtual std::string version() const = 0;
  // Where its graphs are: in this process (kProcess, the default) or in workers (kTenant).
  // Constant.
  virtual Isolation isolation() const { return Isolation::kProcess; }
  // The encodings that the backend reads; constant, and never kAutodetect.
  virtual std::span<const Encoding> encodings() const = 0;
  // The devices of this machine that the backend can run on. Slow: it may probe drivers.
  virtual std::vector<Device> Devices() const = 0;
  // The capabilities of its graphs. Constant; none by default.
  virtual Capabilities capabilities() const { return {}; }
  // Returns all of these, as slowly as `Devices`. Errors: what the backend lacks to run.
  virtual Result<BackendDescription> Describe() const;

  // For a backend that runs in a process of its own (namesake/backend_program.h). Prepare is called
  // first, with one thread and nothing closed yet; it starts none. WarmUp then starts the library,
  // its threads and its plugins, while only what Prepare has named can be read. Afterwards only the
  // files of models and those in the library's folders can be opened. Both do nothing by default.
  // Errors: runtime_error.
  virtual Result<ProcessNeeds> Prepare(const ProcessOptions& options);
  virtual Result<void> WarmUp();

  // The backend may begin to start what any load needs, because one will come soon. By default does
  // nothing. Must not block for long; a failure shows in the load.
  virtual void StartAhead();

  // Called first by `Load`: the backend may begin to start what the load needs, while the model is
  // checked. By default does nothing. Must not block for long; a failure shows in the load.
  virtual void Expect(const LoadOptions& options);

  // Whether its models may have an option of this key; constant. By default none is known. Of the
  // backends that read an encoding, a model goes to one that knows its options.
  virtual bool KnowsOption(std::string_view key) const;

  // Find the options and the target that a load would refuse, without loading, to check a
  // configuration. By default both find nothing, and the load is the first to refuse them.
  virtual std::vector<OptionProblem> CheckOptions(const Model& model) const;
  // May be as slow as `Devices`. Errors: unsupported for a target whose device is absent.
  virtual Result<void> CheckTarget(Target target) const;

  // Returns the size of all parts of a model together, in bytes: the `model_bytes` that its graph
  // will have. Reads the model's files, but compiles nothing. Errors: those of `Load` that can be
  // found this early.
  Result<std::uint64_t> Measure(const Model& model) const;

  // Returns the graph of a model of the operator's that `Load` would share: one that is loaded in
  // that placement, of the same files or bytes, with the same settings. Null if there is none, for
  // a guest's model, and for files that have changed just now. Reads the model's first part.
  std::shared_ptr<const Graph> FindLoaded(const Model& model, const Placement& placement) const;

  // Reads and compiles a model. Slow; blocks. A model of the operator's that is loaded in the
  // placement under another name is not loaded twice: both share the graph. The deadline ends the
  // load only if the backend can stop one. Errors: runtime_error, whose detail has the path and the
  // library's words; unsupported for a target whose device is absent; invalid_argument for unknown
  // options or parts; invalid_encoding for an encoding that the backend does not read, and for
  // content of another encoding; security for content that names what it must not
  // (namesake/model_layout.h); timeout.
  Result<std::shared_ptr<const Graph>> Load(const Model& model, const LoadOptions& options,
                                            Deadline deadline);

  // Like Load, for a layout that `CheckLayout` has returned elsewhere: in the host of a worker that
  // this backend runs in. `options.cache` is not used.
  Result<std::shared_ptr<const Graph>> LoadChecked(const Model& model, ModelLayout layout,
                                                   const LoadOptions& options, Deadline deadline);

  // Identifies the compiled form that a load of the model finds or makes. By default compiled forms
  // can't be kept. `options` are the load's. May block. Errors: those of `Load` that can be found
  // this early.
  virtual Result<FormIdentity> IdentifyForm(const Model& model, const LoadOptions& options) const;

 private:
  // Called only for encodings in `encodings()`. The backend uses the reader of the model's encoding
  // and no other, opens only the parts in the layout, and lets the library search for nothing. It
  // looks into `options.compiled` before it compiles, and keeps what it has compiled there.
  virtual Result<std::shared_ptr<const Graph>> LoadLayout(const Model& model, ModelLayout layout,
                                                          const LoadOptions& options,
                                                          Deadline deadline) = 0;
  // Overridden only by test backends whose models are not of the formats that their encodings name.
  // Errors: those of CheckLayout.
  virtual Result<ModelLayout> Layout(const Model& model) const { return CheckLayout(model); }

  Result<ModelLayout> CheckedLayout(const Model& model) const;
  // Loads, with the place of the compiled form if there is a cache.
  Result<std::shared_ptr<const Graph>> LoadKept(const Model& model, ModelLayout layout,
                                                const LoadOptions& options, Deadline deadline);
  // Loads, and runs the inference that `Model::warm_up` asks for where the graph is.
  Result<std::shared_ptr<const Graph>> LoadWarm(const Model& model, ModelLayout layout,
                                                const LoadOptions& options, Deadline deadline);

  const std::unique_ptr<graph::GraphTable> graphs_;
};

}  // namespace namesake

#endif  // NAMESAKE_BACKEND_H_
