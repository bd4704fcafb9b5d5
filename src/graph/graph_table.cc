#include "graph/graph_table.h"

#include <algorithm>
#include <span>
#include <variant>
#include <vector>

#include "base/fail.h"
#include "base/wait.h"
#include "graph/backend_options.h"
#include "graph/layout_content.h"

namespace namesake::graph {

struct GraphTable::Turn {
  Turn(GraphTable& its_table, const Key& its_key) : table(its_table), key(its_key) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    const std::lock_guard lock(table.mutex_);
    const auto slot = table.slots_.find(key);
    slot->second = {.graph = loaded, .is_loading = false};
    // Removes the slots of graphs that have ended meanwhile, too.
    std::erase_if(table.slots_, [](const auto& other) {
      return !other.second.is_loading && other.second.graph.expired();
    });
    table.changed_.notify_all();
  }

  GraphTable& table;
  const Key& key;
  std::weak_ptr<const Graph> loaded;
};

GraphTable::Loaded GraphTable::FindOrLoad(const Key& key, Deadline deadline,
                                          const std::function<Loaded()>& load,
                                          const std::function<bool()>& is_unchanged) {
  {
    std::unique_lock lock(mutex_);
    const auto is_free = [&] {
      const auto slot = slots_.find(key);
      return slot == slots_.end() || !slot->second.is_loading;
    };
    if (!base::WaitUntil(changed_, lock, deadline, is_free)) {
      return base::Fail(ErrorCode::kTimeout, "the model is still loading");
    }
    Slot& slot = slots_[key];
    if (auto graph = slot.graph.lock()) return graph;
    slot.is_loading = true;
  }
  Turn turn(*this, key);
  auto loaded = load();
  if (loaded && is_unchanged()) turn.loaded = *loaded;
  return loaded;
}

std::shared_ptr<const Graph> GraphTable::Find(const Key& key) const {
  const std::lock_guard lock(mutex_);
  const auto slot = slots_.find(key);
  return slot == slots_.end() ? nullptr : slot->second.graph.lock();
}

bool GraphTable::is_empty() const {
  const std::lock_guard lock(mutex_);
  return slots_.empty();
}

bool GraphTable::HasModelOf(std::uint64_t model_bytes) const {
  // The last user of a graph may leave it to this function, which then destroys it unlocked.
  std::vector<std::shared_ptr<const Graph>> graphs;
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(slots_, [&](const auto& slot) {
    auto graph = slot.second.graph.lock();
    if (graph == nullptr) return false;
    graphs.push_back(std::move(graph));
    return graphs.back()->model_bytes() == model_bytes;
  });
}

std::optional<CacheKey::Digest> ContentOf(const Model& model, const ModelLayout& layout) {
  if (model.origin == Origin::kGuest) return std::nullopt;
  CacheKey::Builder key;
  key.Add(EncodingName(layout.encoding));
  key.Add(TargetName(model.target));
  key.Add(model.warm_up ? "warm" : "cold");
  AddOptions(model.options, key);
  key.Add("content");
  if (const auto* const memory = std::get_if<ModelLayout::Memory>(&layout.parts)) {
    key.Add(std::span<const std::byte>(*memory->model));
    if (memory->weights) key.Add(std::span<const std::byte>(*memory->weights));
  } else {
    const LayoutStamp stamp = StampOf(layout);
    if (!stamp.is_settled) return std::nullopt;
    key.Add(stamp.content);
    key.Add(stamp.status);
  }
  return key.Finish().digest();
}

}  // namespace namesake::graph
