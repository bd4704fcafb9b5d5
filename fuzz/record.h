// Records what models each view holds, derived only from the answers to its calls, and checks
// accounts and name lists against it.
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

// A model that a view has supplied itself.
struct Brought {
  std::uint64_t bytes;
};
using SharedBrought = std::shared_ptr<const Brought>;

// A guest's model that a handle holds: one of the two, or neither for an operator's model.
struct Use {
  SharedBrought brought;  // Supplied by the handle's own view.
  SharedBrought found;    // Looked up by name.
};

// Names that guests registered, and their models.
using Names = std::map<std::string, SharedBrought>;

// What a view holds according to the answers.
struct HeldModels {
  std::map<std::uint32_t, Use> graphs;
  std::map<std::uint32_t, Use> contexts;
  Names names;                    // In the instance's own scope.
  std::set<std::uint32_t> given;  // Handles, including closed ones.
};

// What a failed call may release, apart from models that can be loaded again.
enum class GivesBack : std::uint8_t {
  kNothing,
  kTensors,
  // It may also have reserved others for outputs that it computed but failed to hand out.
  kTensorsForOutputs,
};

class Record {
 public:
  explicit Record(World& world) : world_(world) {}

  HeldModels& held(std::size_t view) { return held_[view]; }
  const HeldModels& held(std::size_t view) const { return held_[view]; }
  std::set<std::string> VisibleNames(std::size_t view) const;

  // Record successful calls of a view. `before` is the usage before the call, `handle` the result.
  void Load(std::size_t view, const Usage& before, std::uint32_t handle);
  void LoadNamed(std::size_t view, const Usage& before, std::uint32_t handle,
                 const std::string& name);
  void Register(std::size_t view, const Usage& before, const std::string& name);
  void Unregister(std::size_t view, const std::string& name);
  // `config` is empty for a call without one.
  void Find(std::size_t view, const Usage& before, std::uint32_t handle, const std::string& name,
            std::string_view config);
  void MakeContext(std::size_t view, std::uint32_t graph, std::uint32_t handle);

  // Call after each call of a view: its accounts match what it holds, and others are unchanged.
  void CheckAfter(std::size_t view, const Usage& before) const;
  // Call after each failed call of a view.
  void CheckNothingTaken(std::size_t view, const Usage& before, GivesBack gives_back) const;
  void CheckNames() const;
  // Ends the views and the world.
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
