// Lets the loads of names that stand for one content run one after the other.
#ifndef NAMESAKE_REGISTRY_LOAD_GATE_H_
#define NAMESAKE_REGISTRY_LOAD_GATE_H_

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "namesake/compiled_cache.h"
#include "namesake/model.h"
#include "namesake/placement.h"

namespace namesake::registry {

// Thread-safe.
class LoadGate {
  using Key = std::pair<Placement, CacheKey::Digest>;

 public:
  // A turn to load the model. Blocks while another one for the same paths or bytes, with the same
  // settings, in the same placement is there.
  class Turn {
   public:
    Turn(LoadGate& gate, const Model& model, const Placement& placement);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    LoadGate& gate_;
    const Key key_;
    std::shared_ptr<std::mutex> mutex_;
  };

 private:
  std::mutex mutex_;
  // A key is here while a turn has it or waits for it. Guarded by mutex_.
  std::map<Key, std::shared_ptr<std::mutex>> loading_;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_LOAD_GATE_H_
