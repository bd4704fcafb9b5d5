#include "record.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "require.h"
#include "view/config_json.h"

namespace namesake::fuzz {
namespace {

std::set<SharedBrought> BroughtBy(const HeldModels& held) {
  std::set<SharedBrought> brought;
  for (const auto& [handle, use] : held.graphs) brought.insert(use.brought);
  for (const auto& [handle, use] : held.contexts) brought.insert(use.brought);
  for (const auto& [name, model] : held.names) brought.insert(model);
  brought.erase(nullptr);
  return brought;
}

// Adds the guests' models that handles hold, whoever supplied them.
void AddUses(const std::map<std::uint32_t, Use>& handles, std::set<SharedBrought>& used) {
  for (const auto& [handle, use] : handles) used.insert(use.brought ? use.brought : use.found);
  used.erase(nullptr);
}

}  // namespace

SharedBrought Record::NewBrought(std::size_t view, const Usage& before) const {
  const std::uint64_t bytes = At(world_.usage().views[view], Resource::kModelBytes) -
                              At(before.views[view], Resource::kModelBytes);
  return std::make_shared<const Brought>(bytes);
}

void Record::Give(std::size_t view, std::map<std::uint32_t, Use>& handles, std::uint32_t handle,
                  Use use) {
  Require(handle != 0, "no handle is 0");
  Require(held_[view].given.insert(handle).second, "no handle is given out twice");
  handles.emplace(handle, std::move(use));
}

// The names that the view's guest has registered, together with its tenant's other guests if they
// share names.
Names& Record::GuestNames(std::size_t view) {
  return PolicyOf(view).guest_register == GuestRegister::kTenant
             ? tenant_names_[kTenantOfView[view]]
             : view_names_[view];
}

std::set<std::string> Record::VisibleNames(std::size_t view) const {
  std::set<std::string> names = world_.visible(kTenantOfView[view]);
  for (const auto& [name, model] : view_names_[view]) names.insert(name);
  for (const auto& [name, model] : tenant_names_[kTenantOfView[view]]) names.insert(name);
  return names;
}

// Returns the guest's model that the name refers to; null for an operator's model.
SharedBrought Record::FindGuestModel(std::size_t view, const std::string& name) const {
  for (const Names* const names : {&view_names_[view], &tenant_names_[kTenantOfView[view]]}) {
    if (const auto found = names->find(name); found != names->end()) return found->second;
  }
  return nullptr;
}

void Record::KeepName(std::size_t view, const std::string& name, const SharedBrought& brought) {
  Require(PolicyOf(view).guest_register != GuestRegister::kNo, "the policy lets it register");
  Require(ModelName::Parse(name).has_value(), "only a name is registered");
  Require(GuestNames(view).emplace(name, brought).second, "no name is registered twice");
  if (PolicyOf(view).guest_register == GuestRegister::kInstance) held_[view].names[name] = brought;
}

void Record::Load(std::size_t view, const Usage& before, std::uint32_t handle) {
  Require(PolicyOf(view).guest_load == GuestLoad::kAllowed, "the policy lets it load");
  Give(view, held_[view].graphs, handle, {.brought = NewBrought(view, before), .found = nullptr});
}

void Record::LoadNamed(std::size_t view, const Usage& before, std::uint32_t handle,
                       const std::string& name) {
  Load(view, before, handle);
  KeepName(view, name, held_[view].graphs.at(handle).brought);
}

void Record::Register(std::size_t view, const Usage& before, const std::string& name) {
  KeepName(view, name, NewBrought(view, before));
}

void Record::Unregister(std::size_t view, const std::string& name) {
  Require(GuestNames(view).erase(name) == 1, "only what guests registered goes");
  held_[view].names.erase(name);
}

void Record::Find(std::size_t view, const Usage& before, std::uint32_t handle,
                  const std::string& name, std::string_view config) {
  Require(VisibleNames(view).contains(name), "only what is visible is found");
  const bool own = !config.empty() && !view::ParseConfigJson(config).value().empty();
  Give(view, held_[view].graphs, handle,
       own ? Use{.brought = NewBrought(view, before), .found = nullptr}
           : Use{.brought = nullptr, .found = FindGuestModel(view, name)});
}

void Record::MakeContext(std::size_t view, std::uint32_t graph, std::uint32_t handle) {
  Give(view, held_[view].contexts, handle, held_[view].graphs.at(graph));
}

void Record::CheckAfter(std::size_t view, const Usage& before) const {
  CheckHeld(view, before);
  for (std::size_t i = 0; i < kTenants; ++i) CheckTenant(i);
  CheckOtherTenants(view, before);
  world_.CheckAccounts();
}

// A failed call reserves nothing, but may release something: a compute drops outputs beyond a
// limit, and models that can be loaded again are evicted for one that then does not fit.
void Record::CheckNothingTaken(std::size_t view, const Usage& before, GivesBack gives_back) const {
  const Usage now = world_.usage();
  for (std::size_t resource = 0; resource < kResourceCount; ++resource) {
    const bool of_tensors = resource == std::to_underlying(Resource::kTensors) ||
                            resource == std::to_underlying(Resource::kTensorBytes);
    if (of_tensors && gives_back == GivesBack::kTensorsForOutputs) continue;
    const bool drops = of_tensors && gives_back == GivesBack::kTensors;
    const bool evicts = resource == std::to_underlying(Resource::kModelBytes);
    const auto unchanged = [&](const Used& was, const Used& is, bool may_give_back) {
      Require(may_give_back ? is[resource] <= was[resource] : is[resource] == was[resource],
              "a failed call takes nothing");
    };
    for (std::size_t i = 0; i < kViews; ++i) {
      unchanged(before.views[i], now.views[i], drops && i == view);
    }
    for (std::size_t i = 0; i < kTenants; ++i) {
      unchanged(before.tenants[i], now.tenants[i], drops || evicts);
    }
    unchanged(before.host, now.host, drops || evicts);
  }
}

// A tenant's models are the operator's, those under its guests' names, and unnamed ones that its
// guests hold; unnamed models with the same content count once.
void Record::CheckTenant(std::size_t tenant) const {
  std::set<SharedBrought> unnamed;
  std::vector<const Names*> all_names = {&tenant_names_[tenant]};
  for (std::size_t i = 0; i < kViews; ++i) {
    if (kTenantOfView[i] != tenant) continue;
    all_names.push_back(&view_names_[i]);
    AddUses(held_[i].graphs, unnamed);
    AddUses(held_[i].contexts, unnamed);
  }
  const bool holds = !unnamed.empty();
  std::size_t count = 0;
  for (const Names* const names : all_names) {
    count += names->size();
    for (const auto& [name, model] : *names) unnamed.erase(model);
  }
  const std::uint64_t models =
      At(world_.usage().tenants[tenant], Resource::kModels) - world_.operator_models(tenant);
  Require(models >= count, "each name takes a place of the tenant's");
  Require(models >= 1 || !holds, "what a tenant's guests hold takes a place of its own");
  Require(models <= count + unnamed.size(), "nothing takes a place that is not held");
}

// No call takes anything from another tenant. It may need room in the host's memory, for which
// other tenants' models that can be loaded again are evicted.
void Record::CheckOtherTenants(std::size_t view, const Usage& before) const {
  const Usage now = world_.usage();
  for (std::size_t i = 0; i < kTenants; ++i) {
    if (i == kTenantOfView[view]) continue;
    for (std::size_t resource = 0; resource < kResourceCount; ++resource) {
      const std::uint64_t was = before.tenants[i][resource];
      const std::uint64_t is = now.tenants[i][resource];
      const bool evicts = resource == std::to_underlying(Resource::kModelBytes);
      Require(is == was || (evicts && is < was), "a call is no other tenant's affair");
    }
  }
}

// Each view's account matches what the view holds, and the call changed no other view's account.
void Record::CheckHeld(std::size_t view, const Usage& before) const {
  const Usage usage = world_.usage();
  for (std::size_t i = 0; i < kViews; ++i) {
    const HeldModels& held = held_[i];
    const Used& used = usage.views[i];
    Require(i == view || used == before.views[i], "a call is no other view's affair");
    Require(At(used, Resource::kGraphs) == held.graphs.size(), "graphs are counted");
    Require(At(used, Resource::kContexts) == held.contexts.size(), "contexts are counted");
    const std::set<SharedBrought> brought = BroughtBy(held);
    std::uint64_t bytes = 0;
    for (const auto& model : brought) bytes += model->bytes;
    Require(At(used, Resource::kModels) == brought.size(), "what it has brought is counted");
    Require(At(used, Resource::kModelBytes) == bytes, "the bytes it has brought are counted");
  }
}

void Record::CheckNames() const {
  for (std::size_t i = 0; i < kViews; ++i) {
    const auto listed = world_.view(i).ListNamed();
    Require(std::ranges::equal(listed, VisibleNames(i)), "exactly what is visible is listed");
  }
}

void Record::CheckEnd() {
  for (HeldModels& held : held_) held = {};
  world_.CheckEnd();
}

}  // namespace namesake::fuzz
