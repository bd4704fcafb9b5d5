#include "graph/warm_up.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "base/log.h"
#include "base/wait.h"

namespace namesake::graph {
namespace {

constexpr std::chrono::seconds kMostTime{10};

std::vector<std::uint64_t> SmallestShape(const TensorInfo& info) {
  std::vector<std::uint64_t> dims;
  // One dimension for any rank.
  for (const Dim& dim : info.shape.value_or(std::vector<Dim>(1))) {
    dims.push_back(std::clamp<std::uint64_t>(1, dim.min, dim.max));
  }
  return dims;
}

Result<void> SetZeros(ExecutionContext& context, std::size_t index) {
  const TensorInfo& info = context.graph().inputs()[index];
  const std::vector<std::uint64_t> dims = SmallestShape(info);
  const auto size = ByteSize(info.type, dims);
  if (!size) return base::Fail(size);
  const std::vector<std::byte> zeros(static_cast<std::size_t>(*size));
  return context.SetInput(index, {.type = info.type, .dims = dims, .data = zeros});
}

Result<void> Infer(const Graph& graph, Deadline deadline) {
  auto context = graph.NewContext(Placement::Host());
  if (!context) return base::Fail(std::move(context));
  for (std::size_t i = 0; i < graph.inputs().size(); ++i) {
    if (auto set = SetZeros(**context, i); !set) return set;
  }
  return (*context)->Compute(deadline);
}

Result<void> TryInfer(const Graph& graph, Deadline deadline) {
  try {
    return Infer(graph, deadline);
  } catch (const std::exception& error) {
    return base::Fail(ErrorCode::kRuntimeError, "{}", error.what());
  }
}

// Shared with the thread, which may outlast the wait.
struct Run {
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;  // Guarded by mutex.
};

void StartThread(std::shared_ptr<const Graph> graph, std::string name, Deadline deadline,
                 std::shared_ptr<Run> run) {
  std::thread([graph = std::move(graph), name = std::move(name), deadline,
               run = std::move(run)]() mutable {
    const auto inferred = TryInfer(*graph, deadline);
    if (inferred) {
      base::Log().debug("{} was warmed up", name);
    } else {
      base::Log().debug("{} was not warmed up: {}", name, inferred.error().detail());
    }
    // Whoever waits holds the graph, and lets go of it last.
    graph.reset();
    const std::lock_guard lock(run->mutex);
    run->ended = true;
    run->changed.notify_all();
  }).detach();
}

}  // namespace

void WarmUp(const std::shared_ptr<const Graph>& graph, std::string name, Deadline deadline) {
  const Deadline until = Deadline::Earlier(deadline, Deadline::After(kMostTime));
  try {
    const auto run = std::make_shared<Run>();
    StartThread(graph, std::move(name), until, run);
    std::unique_lock lock(run->mutex);
    base::WaitUntil(run->changed, lock, until, [&] { return run->ended; });
  } catch (const std::exception& error) {
    base::Log().debug("a model was not warmed up: {}", error.what());
  }
}

}  // namespace namesake::graph
