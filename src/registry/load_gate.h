// Lets the loads of names that stand for one content run one after the other.
#ifndef NAMESAKE_REGISTRY_LOAD_GATE_H_
#define NAMESAKE_REGISTRY_LOAD_GATE_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "namesake/model.h"
#include "namesake/placement.h"

namespace namesake::registry {

// Thread-safe.
class LoadGate {
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
    using Key = std::pair<Placement, std::string>;

    LoadGate& gate_;
    const Key key_;
    std::shared_ptr<std::mutex> mutex_;
  };

 private:
  std::mutex mutex_;
  // Those that a turn has or waits for. Guarded by mutex_.
  std::map<std::pair<Placement, std::string>, std::shared_ptr<std::mutex>> loading_;
};

}  // namespace namesake::registry

#endif  // NAMESAKE_REGISTRY_LOAD_GATE_H_
