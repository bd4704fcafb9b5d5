#include "worker/home.h"

#include <algorithm>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "base/fail.h"
#include "base/processors.h"
#include "base/wait.h"

namespace namesake::worker {
namespace {

// A worker may say anything; what the host reckons with must be possible.
bool CanBe(const protocol::Loaded& loaded) {
  constexpr std::uint64_t kMostContextBytes = std::uint64_t{1} << 40;
  const auto can_be = [](const TensorInfo& info) {
    return !info.shape || info.shape->size() <= kMaxRank;
  };
  return loaded.context_bytes <= kMostContextBytes && loaded.threads <= base::kMostThreads &&
         std::ranges::all_of(loaded.inputs, can_be) && std::ranges::all_of(loaded.outputs, can_be);
}

std::optional<CachedFile> FindCompiled(const PlacedModel& model) {
  if (model.cache == nullptr || !model.key) return std::nullopt;
  return model.cache->FindFile(*model.key);
}

// In a worker that may be about to start, from what the cache has now.
Result<protocol::Loaded> LoadFirst(Worker& worker, const PlacedModel& model,
                                   LoadInOptions options) {
  static_cast<void>(worker.TakeClean());
  if (auto started = worker.AwaitStarted(options.deadline, options.ending); !started) {
    return base::Fail(std::move(started));
  }
  const auto compiled = FindCompiled(model);
  options.compiled = compiled ? &*compiled : nullptr;
  return LoadIn(worker, model, options);
}

}  // namespace

Result<AloneTurn> AloneTurn::Take(const User& user, Deadline deadline) {
  if (deadline.never()) {
    user.turns->acquire();
  } else if (!user.turns->try_acquire_until(*deadline.when())) {
    return base::Fail(ErrorCode::kTimeout, "it could not run again in time");
  }
  return AloneTurn(*user.turns);
}

Result<protocol::Loaded> LoadIn(Worker& worker, const PlacedModel& model,
                                const LoadInOptions& options) {
  protocol::Load load = model.plan->load();
  load.graph = model.graph;
  load.warm_up = model.warm_up;
  load.has_compiled = options.compiled != nullptr;
  load.compiled_offset = CachedFile::payload_offset();
  if (options.compiled != nullptr) load.compiled_checksum = options.compiled->checksum();
  load.wants_compiled = options.keep >= 0;
  load.deadline = options.deadline;
  std::vector<int> files;
  if (options.compiled != nullptr) files.push_back(options.compiled->descriptor());
  if (options.keep >= 0) files.push_back(options.keep);
  protocol::Writer body;
  Put(load, body);
  protocol::Loaded loaded;
  auto called = worker.Call(protocol::Kind::kLoad, body.bytes(), protocol::Kind::kLoaded,
                            [&](protocol::Reader& reader) { protocol::Take(reader, loaded); },
                            {.deadline = options.deadline,
                             .files = files,
                             .source = model.plan.get(),
                             .stop = options.stop,
                             .doing = "loaded",
                             .model = model.label,
                             .ending = options.ending,
                             .graph = model.graph});
  if (!called) return base::Fail(std::move(called));
  if (CanBe(loaded)) {
    worker.AddModel(model.graph, model.label);
    return loaded;
  }
  if (options.ending != nullptr) *options.ending = Ending::kSuspect;
  return worker.EndForAnswering("with a model that can't be");
}

Result<AloneWorker> LoadAlone(const PlacedModel& model, const LoadAloneOptions& options) {
  auto turn = AloneTurn::Take(options.waits, options.deadline);
  if (!turn) return base::Fail(std::move(turn));
  for (int tries = 1;; ++tries) {
    auto worker = model.fleet->StartAlone(options.owner, WorkerPurpose::kRunsAgain);
    if (!worker) return base::Fail(std::move(worker));
    auto ending = Ending::kNone;
    const auto loaded = LoadFirst(
        **worker, model, {.deadline = options.deadline, .stop = options.stop, .ending = &ending});
    if (loaded) return AloneWorker{*std::move(worker), *std::move(turn)};
    const bool is_over = options.stop.stop_requested() || options.deadline.passed();
    if (ending == Ending::kNone || is_over || tries >= options.tries) return base::Fail(loaded);
  }
}

Home::Home(std::shared_ptr<const PlacedModel> model, std::shared_ptr<const User> user, Kind kind,
           std::vector<TensorInfo> inputs, std::vector<TensorInfo> outputs,
           std::shared_ptr<Worker> worker)
    : model_(std::move(model)),
      user_(std::move(user)),
      kind_(kind),
      inputs_(std::move(inputs)),
      outputs_(std::move(outputs)),
      worker_(std::move(worker)) {}

Home::~Home() {
  if (worker_ != nullptr) worker_->DropGraph(model_->graph);
}

Result<std::shared_ptr<Worker>> Home::FindWorker() const {
  return kind_ == Kind::kOwn ? model_->fleet->StartAlone(*user_, WorkerPurpose::kApart)
                             : model_->fleet->WorkerFor(model_->placement, *user_);
}

Result<std::shared_ptr<Worker>> Home::LoadFresh() {
  const auto began = Strikes::Clock::now();
  if (auto same = model_->plan->CheckUnchanged(); !same) return base::Fail(std::move(same));
  for (int tries = 1;; ++tries) {
    auto worker = FindWorker();
    if (!worker) return worker;
    auto ending = Ending::kNone;
    const auto loaded = LoadFirst(**worker, *model_, {.ending = &ending});
    if (loaded && loaded->inputs == inputs_ && loaded->outputs == outputs_) return worker;
    if (loaded) {
      return base::Fail(ErrorCode::kRuntimeError,
                        "the model has other tensors than when it was loaded");
    }
    if (ending == Ending::kNone || tries == kMostTries) return base::Fail(loaded);
    if (ending == Ending::kBystander) continue;
    // Whether the load has ended it shows where it is alone.
    const auto alone = LoadAlone(*model_, {.owner = *user_, .waits = *user_});
    if (alone) continue;
    strikes_.Add(began);
    return base::Fail(alone);
  }
}

void Home::Settle() noexcept {
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
void Home::LoadAgain() {
  try {
    std::thread([self = shared_from_this()] { self->Settle(); }).detach();
  } catch (const std::exception&) {
    // There is no thread, or no memory for one.
    Settle();
  }
}

Result<std::shared_ptr<Worker>> Home::InWorker(Deadline deadline) {
  std::unique_lock lock(mutex_);
  const auto is_ready = [this] { return worker_ != nullptr && !worker_->ended(); };
  for (int tries = 1;; ++tries) {
    if (is_ready()) return worker_;
    if (tries > kMostTries) {
      return base::Fail(ErrorCode::kRuntimeError, "the worker that loaded the model ended");
    }
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
  }
}

}  // namespace namesake::worker
