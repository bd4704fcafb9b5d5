#include "worker/worker_graph.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "base/fail.h"
#include "base/wait.h"
#include "worker/worker_context.h"

namespace namesake::worker {
namespace {

constexpr std::chrono::seconds kForget{60};
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::seconds kLongestPause{60};

// The first end costs nothing: a fresh worker may do better.
std::chrono::nanoseconds PauseAfter(int ends) {
  if (ends < 2) return std::chrono::nanoseconds(0);
  std::chrono::nanoseconds pause = kFirstPause;
  for (int i = 2; i < ends && pause < kLongestPause; ++i) pause *= 4;
  return std::min<std::chrono::nanoseconds>(pause, kLongestPause);
}

// A worker may say anything; what the host reckons with must be possible.
bool CanBe(const protocol::Loaded& loaded) {
  constexpr std::uint64_t kMostContextBytes = std::uint64_t{1} << 40;
  const auto can_be = [](const TensorInfo& info) {
    return !info.shape || info.shape->size() <= kMaxRank;
  };
  return loaded.context_bytes <= kMostContextBytes && std::ranges::all_of(loaded.inputs, can_be) &&
         std::ranges::all_of(loaded.outputs, can_be);
}

}  // namespace

void Strikes::Add(const std::shared_ptr<Worker>& ended) {
  const std::lock_guard lock(mutex_);
  if (!last_ended_.owner_before(ended) && !ended.owner_before(last_ended_)) return;
  last_ended_ = ended;
  const auto now = Clock::now();
  if (now - last_ > kForget) count_ = 0;
  ++count_;
  last_ = now;
}

Result<void> Strikes::Check() const {
  const std::lock_guard lock(mutex_);
  const auto left = last_ + PauseAfter(count_) - Clock::now();
  if (left.count() <= 0) return {};
  const double seconds = std::chrono::duration<double>(left).count();
  return base::Fail(ErrorCode::kRuntimeError,
                    "the model has ended its worker {} times: it may run again in {:.1f} s", count_,
                    std::ceil(seconds * 10) / 10);
}

Result<protocol::Loaded> LoadIn(Worker& worker, const PlacedModel& model,
                                const std::optional<CachedFile>& compiled, int keep,
                                Deadline deadline, std::stop_token stop) {
  protocol::Load load = model.plan->load();
  load.graph = model.graph;
  load.warm_up = model.warm_up;
  load.has_compiled = compiled.has_value();
  load.compiled_offset = CachedFile::payload_offset();
  if (compiled) load.compiled_checksum = compiled->checksum();
  load.wants_compiled = keep >= 0;
  load.deadline = deadline;
  std::vector<int> files;
  if (compiled) files.push_back(compiled->descriptor());
  if (keep >= 0) files.push_back(keep);
  protocol::Writer body;
  Put(load, body);
  protocol::Loaded loaded;
  auto called = worker.Call(protocol::Kind::kLoad, body.bytes(), protocol::Kind::kLoaded,
                            [&](protocol::Reader& reader) { protocol::Take(reader, loaded); },
                            {.deadline = deadline,
                             .files = files,
                             .source = model.plan.get(),
                             .stop = std::move(stop),
                             .doing = "loaded",
                             .model = model.label,
                             .graph = model.graph});
  if (!called) return base::Fail(std::move(called));
  if (CanBe(loaded)) return loaded;
  return worker.EndForAnswering("with a model that can't be");
}

WorkerGraph::WorkerGraph(protocol::Loaded loaded, PlacedModel model, std::shared_ptr<Worker> worker)
    : Graph(std::move(loaded.inputs), std::move(loaded.outputs), model.plan->load().bytes,
            model.plan->load().model.encoding,
            Traits{.context_bytes = loaded.context_bytes,
                   .notes = std::move(loaded.notes),
                   .keeps_state = loaded.keeps_state}),
      model_(std::move(model)),
      worker_(std::move(worker)) {}

WorkerGraph::~WorkerGraph() {
  if (worker_ != nullptr) worker_->Drop(protocol::Dropped::kGraph, model_.graph);
}

Result<std::unique_ptr<ExecutionContext>> WorkerGraph::NewContext(
    const Placement& /*placement*/) const {
  return NewWorkerContext(std::static_pointer_cast<const WorkerGraph>(shared_from_this()));
}

Result<std::shared_ptr<Worker>> WorkerGraph::LoadFresh() const {
  if (auto same = model_.plan->CheckUnchanged(); !same) return base::Fail(std::move(same));
  auto worker = model_.fleet->WorkerFor(model_.placement, *model_.user);
  if (!worker) return worker;
  static_cast<void>((*worker)->TakeClean());
  if (auto started = (*worker)->AwaitStarted(Deadline::Never()); !started) {
    return base::Fail(std::move(started));
  }
  std::optional<CachedFile> compiled;
  if (model_.cache != nullptr && model_.key) compiled = model_.cache->FindFile(*model_.key);
  const auto loaded = LoadIn(**worker, model_, compiled, -1, Deadline::Never());
  if (!loaded) {
    if ((*worker)->ended()) NoteEnd(*worker);
    return base::Fail(loaded);
  }
  if (loaded->inputs == inputs() && loaded->outputs == outputs()) return worker;
  return base::Fail(ErrorCode::kRuntimeError,
                    "the model has other tensors than when it was loaded");
}

void WorkerGraph::Settle() const noexcept {
  Result<std::shared_ptr<Worker>> worker;
  try {
    worker = LoadFresh();
  } catch (const std::bad_alloc&) {
    worker = base::Fail(ErrorCode::kRuntimeError, "out of memory");
  }
  const std::lock_guard lock(mutex_);
  loading_ = false;
  if (worker) {
    worker_ = *std::move(worker);
  } else {
    failure_ = std::move(worker).error();
  }
  changed_.notify_all();
}

// Runs on a thread of its own, so that no caller's deadline ends it.
void WorkerGraph::LoadAgain() const {
  try {
    std::thread([self = std::static_pointer_cast<const WorkerGraph>(shared_from_this())] {
      self->Settle();
    }).detach();
  } catch (const std::exception&) {
    // There is no thread, or no memory for one.
    Settle();
  }
}

Result<std::shared_ptr<Worker>> WorkerGraph::InWorker(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  const auto is_ready = [this] { return worker_ != nullptr && !worker_->ended(); };
  if (is_ready()) return worker_;
  if (!loading_) {
    if (auto may = strikes_.Check(); !may) return base::Fail(std::move(may));
    loading_ = true;
    failure_.reset();
    lock.unlock();
    LoadAgain();
    lock.lock();
  }
  if (!base::WaitUntil(changed_, lock, deadline, [this] { return !loading_; })) {
    return base::Fail(ErrorCode::kTimeout, "the model is still loading in a fresh worker");
  }
  if (failure_) return std::unexpected(*failure_);
  if (is_ready()) return worker_;
  return base::Fail(ErrorCode::kRuntimeError, "the worker that loaded the model ended");
}

}  // namespace namesake::worker
