// A model whose batch alone varies, compiled for a batch of one.
//
// OpenVINO makes much of a graph of variable shape only when it first meets a shape, so that a
// first inference costs many times a later one. Most inferences have a batch of one. The graph is
// therefore compiled for it, and for other batches when one is first needed.
#ifndef NAMESAKE_BACKENDS_OPENVINO_BATCH_ONE_H_
#define NAMESAKE_BACKENDS_OPENVINO_BATCH_ONE_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <openvino/core/model.hpp>
#include <optional>

#include "backend_openvino/description.h"
#include "namesake/backend.h"
#include "namesake/deadline.h"
#include "namesake/error.h"

namespace namesake::openvino {

// Returns a copy of the model for a batch of one; null for a model that keeps state, and unless
// every input has two dimensions or more, of which the first alone varies and may be 1. Throws
// OpenVINO's exceptions.
std::shared_ptr<ov::Model> ForBatchOne(const ov::Model& model);

// The graph for any batch, which is made when it is first needed. Thread-safe.
class AnyBatch {
 public:
  using Result = namesake::Result<std::shared_ptr<const Graph>>;
  // Returns what makes the graph, which is called on another thread. Called on the thread that
  // needs the graph: only this one may read a model.
  using Begin = std::function<std::function<Result()>()>;

  explicit AnyBatch(Begin begin) : state_(std::make_shared<State>(std::move(begin))) {}

  // Waits until the graph is made, which goes on if the deadline passes first. Errors: timeout;
  // those of making it, which the next call tries again.
  Result Get(Deadline deadline) const;

 private:
  struct State {
    explicit State(Begin how) : begin(std::move(how)) {}

    std::mutex mutex;
    std::condition_variable changed;
    // Guarded by mutex. No longer needed once the graph is made.
    Begin begin;
    bool is_under_way = false;
    std::optional<Result> made;
  };

  std::shared_ptr<State> state_;
};

// Returns a graph that computes a batch of one with `one`, and all others with `any`. `one` has the
// same inputs and outputs as the description, with the shapes for one.
std::shared_ptr<const Graph> NewBatchGraph(Description description,
                                           std::shared_ptr<const Graph> one, AnyBatch any);

}  // namespace namesake::openvino

#endif  // NAMESAKE_BACKENDS_OPENVINO_BATCH_ONE_H_
