#include "worker/worker_context.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/next_id.h"
#include "graph/loan.h"
#include "graph/tensor_copy.h"
#include "graph/tensor_shape.h"
#include "protocol/messages.h"
#include "worker/slabs.h"

namespace namesake::worker {
namespace {

constexpr std::string_view kImpossible = "with tensors that can't be";

bool Accepts(const TensorInfo& info, const std::vector<std::uint64_t>& dims) {
  return info.shape ? graph::Accepts(*info.shape, dims) : dims.size() <= kMaxRank;
}

// An input, in memory that the worker can read.
struct InputSlot {
  // The memory into which inputs are copied, of the last one's size; null before that.
  SlabPool::Lent own{};
  // The bytes of a shared input that lie in a slab; null if the input is in `own`.
  std::shared_ptr<const std::byte> shared{};
  SlabPiece piece{};
  ElementType type{};
  std::vector<std::uint64_t> dims{};
};

// An output, in memory that the worker can write.
struct OutputSlot {
  // Empty for an output of variable size.
  std::optional<std::uint64_t> fixed_bytes{};
  SlabPool::Lent memory{};
  graph::Loan loan{};
  // The last inference's output.
  std::vector<std::uint64_t> dims{};
  std::size_t bytes = 0;
};

class WorkerContext : public ExecutionContext {
 public:
  explicit WorkerContext(std::shared_ptr<const WorkerGraph> graph)
      : ExecutionContext(graph),
        graph_(std::move(graph)),
        slabs_(graph_->model().user->slabs),
        inputs_(graph_->inputs().size()),
        outputs_(graph_->outputs().size()) {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      outputs_[i].fixed_bytes = graph::FixedBytes(graph_->outputs()[i]);
    }
  }
  ~WorkerContext() override { LeaveWorker(); }
  WorkerContext(const WorkerContext&) = delete;
  WorkerContext& operator=(const WorkerContext&) = delete;

 private:
  Result<void> CopyInput(std::size_t index, const TensorView& tensor) override;
  Result<void> BindInput(std::size_t index, const SharedTensor& tensor) override;
  Result<void> Run(Deadline deadline) override;
  Result<TensorView> ReadOutput(std::size_t index) override;
  Result<SharedTensor> KeepOutput(std::size_t index) override;

  Result<void> AwaitLate(Deadline deadline);
  Result<std::shared_ptr<Worker>> InWorker(Deadline deadline);
  Result<void> PrepareOutputs();
  Result<void> GiveSlabs(Worker& worker, Deadline deadline);
  Result<void> Compute(Worker& worker, Deadline deadline);
  Result<void> Take(Worker& worker, std::vector<protocol::ComputedOutput> outputs,
                    Deadline deadline);
  Result<void> TakeOutput(std::size_t index, protocol::ComputedOutput output, Worker& worker,
                          Deadline deadline);
  Result<void> Fetch(std::size_t index, Worker& worker, Deadline deadline);
  void LeaveWorker() noexcept;

  const std::shared_ptr<const WorkerGraph> graph_;
  const std::shared_ptr<SlabPool> slabs_;
  // In the worker that has this context's part; changes when that ends.
  std::uint64_t id_ = base::NextId();
  std::shared_ptr<Worker> worker_;
  bool has_computed_ = false;
  // A call whose deadline passed.
  std::shared_ptr<LateCall> late_;
  std::vector<InputSlot> inputs_;
  std::vector<OutputSlot> outputs_;
  // Reused by each call.
  protocol::Compute call_;
  protocol::Writer body_;
  std::vector<SlabPiece> pieces_;
};

Result<void> WorkerContext::CopyInput(std::size_t index, const TensorView& tensor) {
  // A late inference may still read the input.
  if (auto settled = AwaitLate(Deadline::Never()); !settled) return settled;
  InputSlot& input = inputs_[index];
  if (input.own.bytes == nullptr || input.own.piece.bytes != tensor.data.size()) {
    auto lent = slabs_->Take(tensor.data.size(), SlabUse::kInput);
    if (!lent) return base::Fail(std::move(lent));
    input.own = *std::move(lent);
  }
  graph::CopyTensorBytes({input.own.bytes.get(), tensor.data.size()}, tensor.data);
  input.shared = nullptr;
  input.piece = input.own.piece;
  input.type = tensor.type;
  input.dims.assign(tensor.dims.begin(), tensor.dims.end());
  return {};
}

// Memory of another user's, or of nobody's, is copied.
Result<void> WorkerContext::BindInput(std::size_t index, const SharedTensor& tensor) {
  auto piece = slabs_->Find(tensor.bytes.get(), tensor.size);
  if (!piece) return CopyInput(index, tensor.view());
  inputs_[index] = {
      .shared = tensor.bytes, .piece = *std::move(piece), .type = tensor.type, .dims = tensor.dims};
  return {};
}

Result<void> WorkerContext::AwaitLate(Deadline deadline) {
  if (late_ == nullptr) return {};
  if (!late_->Await(deadline)) {
    return base::Fail(ErrorCode::kTimeout, "the last inference has not ended yet");
  }
  late_ = nullptr;
  // It was killed for not stopping, unless it has settled in time.
  if (worker_ != nullptr && worker_->ended()) graph_->NoteEnd(worker_);
  return {};
}

void WorkerContext::LeaveWorker() noexcept {
  if (worker_ != nullptr) worker_->Drop(protocol::Dropped::kContext, id_);
}

Result<std::shared_ptr<Worker>> WorkerContext::InWorker(Deadline deadline) {
  auto worker = graph_->InWorker(deadline);
  if (!worker || *worker == worker_) return worker;
  const bool is_lost = worker_ != nullptr && has_computed_ && graph_->keeps_state();
  LeaveWorker();
  worker_ = *worker;
  id_ = base::NextId();
  has_computed_ = false;
  if (!is_lost) return worker;
  return base::Fail(ErrorCode::kRuntimeError,
                    "the state that this context kept was lost with its worker; the next inference "
                    "starts anew");
}

// Gives each output memory that nobody holds.
Result<void> WorkerContext::PrepareOutputs() {
  for (OutputSlot& output : outputs_) {
    if (output.memory.bytes != nullptr && !output.loan.held()) continue;
    OutputSlot fresh = {.fixed_bytes = output.fixed_bytes};
    if (fresh.fixed_bytes) {
      auto lent = slabs_->Take(static_cast<std::size_t>(*fresh.fixed_bytes), SlabUse::kOutput);
      if (!lent) return base::Fail(std::move(lent));
      fresh.memory = *std::move(lent);
    }
    output = std::move(fresh);
  }
  return {};
}

Result<void> WorkerContext::GiveSlabs(Worker& worker, Deadline deadline) {
  pieces_.clear();
  for (const InputSlot& input : inputs_) pieces_.push_back(input.piece);
  for (const OutputSlot& output : outputs_) pieces_.push_back(output.memory.piece);
  return worker.GiveSlabs(pieces_, deadline);
}

// Copies an output that had no place, or one that was too small.
Result<void> WorkerContext::Fetch(std::size_t index, Worker& worker, Deadline deadline) {
  OutputSlot& output = outputs_[index];
  const auto& account = graph_->model().user->account;
  if (auto checked = account->CheckTensorBytes(output.bytes); !checked) return checked;
  auto lent = slabs_->Take(output.bytes, SlabUse::kOutput);
  if (!lent) return base::Fail(std::move(lent));
  output.memory = *std::move(lent);
  output.loan = {};
  const SlabPiece& piece = output.memory.piece;
  if (auto given = worker.GiveSlabs({&piece, 1}, deadline); !given) return given;
  body_.Clear();
  Put(protocol::ReadOutput{.context = id_, .output = index, .to = piece.ToProtocol()}, body_);
  return worker.Call(protocol::Kind::kReadOutput, body_.bytes(), protocol::Kind::kDone,
                     [](protocol::Reader&) {},
                     {.deadline = deadline,
                      .doing = "ran",
                      .model = graph_->model().label,
                      .guests_name = model_name(),
                      .late = &late_});
}

// The worker may say anything. What it says is read once, and is what the graph declares or
// nothing.
Result<void> WorkerContext::TakeOutput(std::size_t index, protocol::ComputedOutput computed,
                                       Worker& worker, Deadline deadline) {
  OutputSlot& output = outputs_[index];
  const TensorInfo& info = graph_->outputs()[index];
  const auto bytes = ByteSize(info.type, computed.dims);
  const std::size_t room = output.memory.bytes == nullptr ? 0 : output.memory.piece.bytes;
  const bool can_be = Accepts(info, computed.dims) && bytes && *bytes == computed.bytes &&
                      (!computed.is_placed || computed.bytes <= room);
  if (!can_be) return worker.EndForAnswering(kImpossible);
  output.dims = std::move(computed.dims);
  output.bytes = static_cast<std::size_t>(computed.bytes);
  return computed.is_placed ? Result<void>() : Fetch(index, worker, deadline);
}

Result<void> WorkerContext::Take(Worker& worker, std::vector<protocol::ComputedOutput> outputs,
                                 Deadline deadline) {
  if (outputs.size() != outputs_.size()) return worker.EndForAnswering(kImpossible);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    auto taken = TakeOutput(i, std::move(outputs[i]), worker, deadline);
    if (!taken) return taken;
  }
  return {};
}

Result<void> WorkerContext::Compute(Worker& worker, Deadline deadline) {
  if (auto given = GiveSlabs(worker, deadline); !given) return given;
  call_.graph = graph_->model().graph;
  call_.context = id_;
  call_.deadline = deadline;
  call_.inputs.resize(inputs_.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    call_.inputs[i].piece = inputs_[i].piece.ToProtocol();
    call_.inputs[i].type = inputs_[i].type;
    call_.inputs[i].dims = inputs_[i].dims;
  }
  call_.outputs.resize(outputs_.size());
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    call_.outputs[i] = outputs_[i].memory.bytes == nullptr ? protocol::Piece()
                                                           : outputs_[i].memory.piece.ToProtocol();
  }
  body_.Clear();
  Put(call_, body_);
  std::vector<protocol::ComputedOutput> outputs;
  auto computed = worker.Call(protocol::Kind::kCompute, body_.bytes(), protocol::Kind::kComputed,
                              [&](protocol::Reader& reader) { protocol::Take(reader, outputs); },
                              {.deadline = deadline,
                               .doing = "ran",
                               .model = graph_->model().label,
                               .guests_name = model_name(),
                               .late = &late_});
  if (!computed) return computed;
  has_computed_ = true;
  return Take(worker, std::move(outputs), deadline);
}

Result<void> WorkerContext::Run(Deadline deadline) {
  if (auto settled = AwaitLate(deadline); !settled) return settled;
  if (deadline.passed()) {
    return base::Fail(ErrorCode::kTimeout, "the inference did not finish in time");
  }
  const auto worker = InWorker(deadline);
  if (!worker) return base::Fail(worker);
  if (auto prepared = PrepareOutputs(); !prepared) return prepared;
  auto computed = Compute(**worker, deadline);
  if (computed) return computed;
  if (computed.error().code() == ErrorCode::kTimeout) {
    return base::Fail(ErrorCode::kTimeout, "the inference did not finish in time");
  }
  if ((*worker)->ended()) graph_->NoteEnd(*worker);
  return computed;
}

Result<TensorView> WorkerContext::ReadOutput(std::size_t index) {
  const OutputSlot& output = outputs_[index];
  return TensorView{.type = graph_->outputs()[index].type,
                    .dims = output.dims,
                    .data = {output.memory.bytes.get(), output.bytes}};
}

Result<SharedTensor> WorkerContext::KeepOutput(std::size_t index) {
  OutputSlot& output = outputs_[index];
  const ElementType type = graph_->outputs()[index].type;
  if (output.memory.bytes == nullptr) return CopyTensor({.type = type, .dims = output.dims});
  return SharedTensor{.type = type,
                      .dims = output.dims,
                      .bytes = output.loan.Lend(output.memory.bytes.get(), output.memory.bytes),
                      .size = output.bytes};
}

}  // namespace

Result<std::unique_ptr<ExecutionContext>> NewWorkerContext(
    std::shared_ptr<const WorkerGraph> graph) {
  return std::make_unique<WorkerContext>(std::move(graph));
}

}  // namespace namesake::worker
