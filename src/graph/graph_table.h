// The graphs of a backend by their content, so that models of one content share a graph.
#ifndef NAMESAKE_GRAPH_GRAPH_TABLE_H_
#define NAMESAKE_GRAPH_GRAPH_TABLE_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "namesake/backend.h"
#include "namesake/compiled_cache.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/model.h"
#include "namesake/model_layout.h"
#include "namesake/placement.h"

namespace namesake::graph {

// Thread-safe. Keeps no graph alive.
class GraphTable {
 public:
  using Loaded = Result<std::shared_ptr<const Graph>>;
  using Key = std::pair<Placement, CacheKey::Digest>;

  // Returns the graph with that key, or the one that `load` loads. Callers with the same key load
  // one after the other, until one succeeds. The graph is kept for others if `is_unchanged` then
  // says that the key still stands for what was loaded. Passes on what both throw. Errors: those of
  // `load`; timeout for one who waits.
  Loaded FindOrLoad(const Key& key, Deadline deadline, const std::function<Loaded()>& load,
                    const std::function<bool()>& is_unchanged);
  // Null if there is none.
  std::shared_ptr<const Graph> Find(const Key& key) const;
  bool is_empty() const;
  // Whether there is a graph of a model with so many bytes.
  bool HasModelOf(std::uint64_t model_bytes) const;

 private:
  struct Slot {
    std::weak_ptr<const Graph> graph;
    bool is_loading = false;
  };
  // Ends a load, also by an exception.
  struct Turn;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Key, Slot> slots_;  // Guarded by mutex_.
};

// Digests all that decides a model's graph beside its placement: its settings, and its bytes in
// memory or the stamp of its files. Empty if it is to be shared with nobody: a guest's, which then
// would learn what others have loaded; and files that have changed just now, since another change
// might not show.
std::optional<CacheKey::Digest> ContentOf(const Model& model, const ModelLayout& layout);

}  // namespace namesake::graph

#endif  // NAMESAKE_GRAPH_GRAPH_TABLE_H_
