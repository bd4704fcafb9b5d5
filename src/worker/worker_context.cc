#include "worker/worker_context.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
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
#include "worker/hand_over.h"
#include "worker/slabs.h"

namespace namesake::worker {
namespace {

// How often an inference that others have ended runs beside others, before it runs alone.
constexpr int kMostRunsInCompany = 4;

Result<void> NotInTime() {
  return base::Fail(ErrorCode::kTimeout, "the inference did not finish in time");
}

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
  WorkerContext(std::shared_ptr<const WorkerGraph> graph, std::shared_ptr<GraphUser> user)
      : ExecutionContext(graph),
        graph_(std::move(graph)),
        user_(std::move(user)),
        slabs_(graph_->model().serves_all() ? user_->user().shared_slabs : user_->user().slabs),
        inputs_(graph_->inputs().size()),
        outputs_(graph_->outputs().size()) {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      outputs_[i].fixed_bytes = graph::FixedBytes(graph_->outputs()[i]);
    }
  }
  ~WorkerContext() override {
    LeaveOutputs();
    LeaveWorker();
  }
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
  void Enter(std::shared_ptr<Worker> worker);
  std::unexpected<Error> StateLost();
  bool has_state() const { return has_computed_ && graph_->keeps_state(); }
  // Makes sure that nobody writes memory that is used for something else next.
  void LeaveOutputs() noexcept;
  Result<void> PrepareOutputs();
  Result<void> ComputeIn(const std::shared_ptr<Worker>& worker, Deadline deadline);
  Result<void> ComputeAlone(Deadline deadline);
  // Runs it again where its worker ends, as long as that may be another's fault.
  Result<void> RunSafely(Deadline deadline);
  Result<void> GiveSlabs(Worker& worker, Deadline deadline);
  Result<void> Compute(Worker& worker, Deadline deadline);
  Result<void> Take(Worker& worker, std::vector<protocol::ComputedOutput> outputs,
                    Deadline deadline);
  Result<void> TakeOutput(std::size_t index, protocol::ComputedOutput output, Worker& worker,
                          Deadline deadline);
  Result<void> Fetch(std::size_t index, Worker& worker, Deadline deadline);
  std::unexpected<Error> EndForAnswering(Worker& worker);
  void LeaveWorker() noexcept;

  const std::shared_ptr<const WorkerGraph> graph_;
  const std::shared_ptr<GraphUser> user_;
  const std::shared_ptr<SlabPool> slabs_;
  // In the worker that has this context's part; changes when that ends.
  std::uint64_t id_ = base::NextId();
  std::shared_ptr<Worker> worker_;
  bool has_computed_ = false;
  // Whether the worker is this context's alone, since it has the state that the context keeps.
  bool is_alone_ = false;
  // When the last inference began.
  Strikes::Clock::time_point began_{};
  Pace pace_;
  // How the last call ended.
  Ending ending_ = Ending::kNone;
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
  if (worker_ != nullptr && worker_->ended()) LeaveOutputs();
  return {};
}

void WorkerContext::LeaveWorker() noexcept {
  if (worker_ != nullptr) worker_->LeaveContext(id_);
  worker_ = nullptr;
  is_alone_ = false;
  has_computed_ = false;
}

// An inference that goes on, or a process that is just being killed, still writes its outputs.
void WorkerContext::LeaveOutputs() noexcept {
  if (worker_ == nullptr || (late_ == nullptr && !worker_->ended())) return;
  HeldMemory held;
  try {
    for (OutputSlot& output : outputs_) {
      if (output.memory.bytes != nullptr) held.push_back(output.memory.bytes);
    }
  } catch (const std::bad_alloc&) {
    // Then what it writes may be seen in the user's next output.
  }
  for (OutputSlot& output : outputs_) output = {.fixed_bytes = output.fixed_bytes};
  if (late_ != nullptr && late_->Hold(held)) return;
  if (worker_->ended()) worker_->HoldUntilGone(std::move(held));
}

std::unexpected<Error> WorkerContext::StateLost() {
  LeaveWorker();
  return base::Fail(ErrorCode::kRuntimeError,
                    "the state that this context kept was lost with its worker; the next inference "
                    "starts anew");
}

void WorkerContext::Enter(std::shared_ptr<Worker> worker) {
  LeaveWorker();
  worker_ = std::move(worker);
  worker_->EnterContext();
  id_ = base::NextId();
}

Result<std::shared_ptr<Worker>> WorkerContext::InWorker(Deadline deadline) {
  if (worker_ != nullptr && worker_->ended() && has_state()) return StateLost();
  // Its state is there.
  if (worker_ != nullptr && !worker_->ended() && (is_alone_ || has_state())) return worker_;
  auto worker = graph_->HomeOf(*user_)->InWorker(deadline);
  if (worker && *worker != worker_) Enter(*worker);
  return worker;
}

// Gives each output memory that nobody holds.
Result<void> WorkerContext::PrepareOutputs() {
  for (OutputSlot& output : outputs_) {
    if (output.memory.bytes != nullptr && !output.loan.held()) continue;
    OutputSlot fresh = {.fixed_bytes = output.fixed_bytes};
    // One of variable size often has that of the last inference again.
    const auto bytes = static_cast<std::size_t>(fresh.fixed_bytes.value_or(output.bytes));
    if (fresh.fixed_bytes || bytes > 0) {
      auto lent = slabs_->Take(bytes, SlabUse::kOutput);
      if (!lent && fresh.fixed_bytes) return base::Fail(std::move(lent));
      if (lent) fresh.memory = *std::move(lent);
    }
    output = std::move(fresh);
  }
  return {};
}

Result<void> WorkerContext::GiveSlabs(Worker& worker, Deadline deadline) {
  pieces_.clear();
  for (const InputSlot& input : inputs_) pieces_.push_back(input.piece);
  for (const OutputSlot& output : outputs_) pieces_.push_back(output.memory.piece);
  return worker.GiveSlabs(pieces_, deadline, &ending_);
}

// Copies an output that had no place, or one that was too small.
Result<void> WorkerContext::Fetch(std::size_t index, Worker& worker, Deadline deadline) {
  OutputSlot& output = outputs_[index];
  const auto& account = user_->user().account;
  if (auto checked = account->CheckTensorBytes(output.bytes); !checked) return checked;
  auto lent = slabs_->Take(output.bytes, SlabUse::kOutput);
  if (!lent) return base::Fail(std::move(lent));
  output.memory = *std::move(lent);
  output.loan = {};
  const SlabPiece& piece = output.memory.piece;
  if (auto given = worker.GiveSlabs({&piece, 1}, deadline, &ending_); !given) return given;
  body_.Clear();
  Put(protocol::ReadOutput{.context = id_, .output = index, .to = piece.ToProtocol()}, body_);
  return worker.Call(protocol::Kind::kReadOutput, body_.bytes(), protocol::Kind::kDone,
                     [](protocol::Reader&) {},
                     {.deadline = deadline,
                      .doing = "ran",
                      .model = graph_->model().label,
                      .guests_name = model_name(),
                      .ending = &ending_,
                      .late = &late_});
}

std::unexpected<Error> WorkerContext::EndForAnswering(Worker& worker) {
  ending_ = Ending::kSuspect;
  return worker.EndForAnswering("with tensors that can't be");
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
  if (!can_be) return EndForAnswering(worker);
  output.dims = std::move(computed.dims);
  output.bytes = static_cast<std::size_t>(computed.bytes);
  return computed.is_placed ? Result<void>() : Fetch(index, worker, deadline);
}

Result<void> WorkerContext::Take(Worker& worker, std::vector<protocol::ComputedOutput> outputs,
                                 Deadline deadline) {
  if (outputs.size() != outputs_.size()) return EndForAnswering(worker);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    auto taken = TakeOutput(i, std::move(outputs[i]), worker, deadline);
    if (!taken) return taken;
  }
  return {};
}

Result<void> WorkerContext::Compute(Worker& worker, Deadline deadline) {
  if (auto given = GiveSlabs(worker, deadline); !given) return given;
  const auto called = Strikes::Clock::now();
  const HandOver hand_over(pace_.GainsByHandOver());
  call_.processor = hand_over.processor();
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
                               .ending = &ending_,
                               .late = &late_,
                               .overrun = [graph = graph_, user = user_, began = began_] {
                                 graph->AddVerdict(*user, began);
                               }});
  if (!computed) return computed;
  pace_.Note(Strikes::Clock::now() - called, hand_over.processor().has_value());
  has_computed_ = true;
  return Take(worker, std::move(outputs), deadline);
}

Result<void> WorkerContext::ComputeIn(const std::shared_ptr<Worker>& worker, Deadline deadline) {
  ending_ = Ending::kNone;
  if (auto prepared = PrepareOutputs(); !prepared) return prepared;
  auto computed = Compute(*worker, deadline);
  if (ending_ != Ending::kNone) LeaveOutputs();
  if (!computed && computed.error().code() == ErrorCode::kTimeout) return NotInTime();
  return computed;
}

// The verdict: what ends a worker in which nothing else runs is the cause of it.
Result<void> WorkerContext::ComputeAlone(Deadline deadline) {
  // Somebody may end it from outside before the inference has begun.
  auto alone = LoadAlone(
      graph_->model(),
      {.owner = graph_->Charged(*user_), .waits = user_->user(), .deadline = deadline, .tries = 2});
  if (!alone && alone.error().code() == ErrorCode::kTimeout) return NotInTime();
  if (!alone) return base::Fail(std::move(alone));
  Enter(alone->worker);
  auto computed = ComputeIn(alone->worker, deadline);
  if (ending_ != Ending::kNone) graph_->AddVerdict(*user_, began_);
  is_alone_ = computed && graph_->keeps_state();
  // The late call needs its worker.
  if (!is_alone_ && late_ == nullptr) LeaveWorker();
  return computed;
}

Result<void> WorkerContext::RunSafely(Deadline deadline) {
  for (int tries = 1;; ++tries) {
    const auto worker = InWorker(deadline);
    if (!worker) return base::Fail(worker);
    const bool had_state = has_state();
    const bool had_company = !is_alone_;
    auto computed = ComputeIn(*worker, deadline);
    if (ending_ == Ending::kNone || !graph_->model().fleet->options().runs_again) return computed;
    if (had_state) return StateLost();
    if (deadline.passed()) return NotInTime();
    if (ending_ == Ending::kBystander && tries < kMostRunsInCompany) continue;
    if (had_company) return ComputeAlone(deadline);
    graph_->AddVerdict(*user_, began_);
    return computed;
  }
}

Result<void> WorkerContext::Run(Deadline deadline) {
  if (auto settled = AwaitLate(deadline); !settled) return settled;
  began_ = Strikes::Clock::now();
  if (auto may = user_->Check(); !may) return may;
  return deadline.passed() ? NotInTime() : RunSafely(deadline);
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
  // Others' inferences run in that worker too, and may come to write what this user keeps.
  if (graph_->model().serves_all()) {
    const TensorView view = {
        .type = type, .dims = output.dims, .data = {output.memory.bytes.get(), output.bytes}};
    return graph::CopyTensor(view, *user_->user().slabs);
  }
  return SharedTensor{.type = type,
                      .dims = output.dims,
                      .bytes = output.loan.Lend(output.memory.bytes.get(), output.memory.bytes),
                      .size = output.bytes};
}

}  // namespace

Result<std::unique_ptr<ExecutionContext>> NewWorkerContext(std::shared_ptr<const WorkerGraph> graph,
                                                           std::shared_ptr<GraphUser> user) {
  return std::make_unique<WorkerContext>(std::move(graph), std::move(user));
}

}  // namespace namesake::worker
