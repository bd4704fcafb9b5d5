// A target's own record of what each view holds of models, made from the answers alone, and what
// the accounts and the lists of names must be by it.
#ifndef NAMESAKE_FUZZ_RECORD_H_
#define NAMESAKE_FUZZ_RECORD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "world.h"

namespace namesake::fuzz {

// A model that a view has brought itself.
struct Brought {
  std::uint64_t bytes;
};
using SharedBrought = std::shared_ptr<const Brought>;

// A guest's model as a handle holds it: one of the two, or none for an operator's.
struct Use {
  SharedBrought brought;  // By the handle's own view.
  SharedBrought found;    // By a name.
};

// Those that guests gave, and what they stand for.
using Names = std::map<std::string, SharedBrought>;

// What a view holds, by its answers.
struct HeldModels {
  std::map<std::uint32_t, Use> graphs;
  std::map<std::uint32_t, Use> contexts;
  Names names;                    // Of the instance's own scope.
  std::set<std::uint32_t> given;  // Handles, closed ones included.
};

// What a call that fails may give back besides models that can be loaded again.
enum class GivesBack : std::uint8_t {
  kNothing,
  kTensors,
  // And may have taken others for outputs, which it computed before it failed to hand them out.
  kTensorsForOutputs,
};

class Record {
 public:
  explicit Record(World& world) : world_(world) {}

  HeldModels& held(std::size_t view) { return held_[view]; }
  const HeldModels& held(std::size_t view) const { return held_[view]; }
  std::set<std::string> VisibleNames(std::size_t view) const;

  // Calls of a view that have succeeded. `before` is what was used before, `handle` the answer.
  void Load(std::size_t view, const Usage& before, std::uint32_t handle);
  void LoadNamed(std::size_t view, const Usage& before, std::uint32_t handle,
                 const std::string& name);
  void Register(std::size_t view, const Usage& before, const std::string& name);
  void Unregister(std::size_t view, const std::string& name);
  // `config` is empty for a call that has none.
  void Find(std::size_t view, const Usage& before, std::uint32_t handle, const std::string& name,
            std::string_view config);
  void MakeContext(std::size_t view, std::uint32_t graph, std::uint32_t handle);

  // After any call of a view: the accounts have what is held, and others nothing new.
  void CheckAfter(std::size_t view, const Usage& before) const;
  // After a call of a view that has failed.
  void CheckNothingTaken(std::size_t view, const Usage& before, GivesBack gives_back) const;
  void CheckNames() const;
  // Ends the views, and the world with them.
  void CheckEnd();

 private:
  const Policy& PolicyOf(std::size_t view) const {
    return world_.tenant(kTenantOfView[view]).policy();
  }
  SharedBrought NewBrought(std::size_t view, const Usage& before) const;
  void Give(std::size_t view, std::map<std::uint32_t, Use>& handles, std::uint32_t handle, Use use);
  void KeepName(std::size_t view, const std::string& name, const SharedBrought& brought);
  Names& GuestNames(std::size_t view);
  SharedBrought FindGuestModel(std::size_t view, const std::string& name) const;
  void CheckHeld(std::size_t view, const Usage& before) const;
  void CheckTenant(std::size_t tenant) const;
  void CheckOtherTenants(std::size_t view, const Usage& before) const;

  World& world_;
  std::array<HeldModels, kViews> held_;
  std::array<Names, kViews> view_names_;
  std::array<Names, kTenants> tenant_names_;
};

}  // namespace namesake::fuzz

#endif  // NAMESAKE_FUZZ_RECORD_H_
