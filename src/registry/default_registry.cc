#include "registry/default_registry.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "base/fail.h"
#include "graph/backend_options.h"
#include "namesake/compiled_cache.h"
#include "registry/content_table.h"
#include "registry/entry.h"
#include "registry/name_table.h"

namespace namesake {
namespace {

// Digests everything that determines the graph of a model in memory.
CacheKey::Digest DigestOf(const Model& model, const ModelBytes& source) {
  CacheKey::Builder key;
  key.Add("bytes");
  key.Add(EncodingName(model.encoding));
  key.Add(TargetName(model.target));
  key.Add(model.backend);
  key.Add(model.isolation ? IsolationName(*model.isolation) : "");
  for (const Blob& part : source.parts) key.Add(std::span(*part));
  key.Add("options");
  graph::AddOptions(model.options, key);
  return key.Finish().digest();
}

CacheKey::Digest DigestOfVariant(std::uint64_t entry, const BackendOptions& options) {
  CacheKey::Builder key;
  key.Add("variant");
  key.Add(fmt::to_string(entry));
  graph::AddOptions(options, key);
  return key.Finish().digest();
}

std::unexpected<Error> NotFound(const ModelKey& key) {
  return base::Fail(ErrorCode::kNotFound, "no model is named \"{}\"", key.name.text());
}

class DefaultRegistry : public Registry {
 public:
  explicit DefaultRegistry(registry::DefaultRegistryOptions options)
      : context_{.loader = std::move(options.loader),
                 .failed_load_ttl = options.failed_load_ttl,
                 .now = std::move(options.now),
                 .memory = {},
                 .gate = {},
                 .threads = {}} {}

  Result<void> Register(const ModelKey& key, Registration registration) override {
    // First, because an existing name is a better answer than a full account.
    if (auto free = CheckFree(key, registration.model); !free) return free;
    const Origin origin = registration.model.origin;
    const auto entry = NewEntry(std::move(registration));
    if (!entry) return base::Fail(entry);
    return Insert(key, *entry, origin);
  }

  Result<void> Replace(const ModelKey& key, Registration registration, Deadline deadline) override {
    const std::uint64_t order = NextOrder();
    const auto old = names_.Find(key);
    if (old == nullptr) return NotFound(key);
    const std::vector<Placement> users = UsersOfReplacement(*old, registration);
    // The old and new model count as one.
    auto entry = NewEntryInPlaceOf(*old, std::move(registration));
    if (!entry) return base::Fail(std::move(entry));
    if (auto loaded = (*entry)->AwaitMost(users, deadline); !loaded) return loaded;
    const auto exchanged = names_.Exchange(key, *std::move(entry), order);
    if (!exchanged) return base::Fail(exchanged);
    if (!*exchanged) return NotFound(key);
    return {};
  }

  Result<void> Unregister(const ModelKey& key, Origin by) override {
    switch (names_.Erase(key, by)) {
      case registry::NameTable::Erased::kErased:
        return {};
      case registry::NameTable::Erased::kForbidden:
        return base::Fail(ErrorCode::kSecurity,
                          "\"{}\" is the operator's model, which a guest can't unregister",
                          key.name.text());
      case registry::NameTable::Erased::kNotThere:
        break;
    }
    return NotFound(key);
  }

  void Prefetch(const ModelKey& key, const Placement& placement) override {
    if (const auto entry = names_.Find(key)) entry->Prefetch(placement);
  }

  using Registry::Acquire;
  Result<Lease> Acquire(std::span<const ModelKey* const> keys, const Placement& placement,
                        Deadline deadline) override {
    for (const ModelKey* const key : keys) {
      auto found = names_.FindGraph(*key, placement);
      if (found.lease) return *std::move(found.lease);
      if (!found.registered) continue;
      // Null if it was unregistered meanwhile.
      if (const auto entry = names_.Find(*key)) return entry->Await(placement, deadline);
    }
    return NotFound(*keys.front());
  }

  Result<Lease> AcquireVariant(std::span<const ModelKey* const> keys, const BackendOptions& options,
                               VariantFor whom, Deadline deadline) override {
    const auto base = FindFirst(keys);
    if (base == nullptr) return NotFound(*keys.front());
    const auto entry =
        contents_->FindOrMake({whom.account.get(), DigestOfVariant(base->id(), options)},
                              [&]() -> Result<std::shared_ptr<registry::Entry>> {
                                auto model = base->Variant(options);
                                if (!model) return base::Fail(model);
                                return NewEntry({.model = *std::move(model),
                                                 .account = std::move(whom.account),
                                                 .placement = whom.placement,
                                                 .until_loaded = std::move(whom.until_loaded)});
                              });
    if (!entry) return base::Fail(entry);
    return (*entry)->Await(whom.placement, deadline);
  }

  Result<Lease> Load(Registration registration, const ModelKey* name, Deadline deadline) override {
    if (name != nullptr) {
      if (auto free = CheckFree(*name, registration.model); !free) {
        return base::Fail(std::move(free));
      }
    }
    const Origin origin = registration.model.origin;
    const Placement user = registration.placement;
    const auto entry = FindOrMakeEntry(std::move(registration));
    if (!entry) return base::Fail(entry);
    auto lease = (*entry)->Await(user, deadline);
    if (!lease || name == nullptr) return lease;
    if (auto inserted = Insert(*name, *entry, origin); !inserted) {
      return base::Fail(std::move(inserted));
    }
    return lease;
  }

  Result<Reservation> ReserveModelBytes(const std::shared_ptr<Account>& account,
                                        std::uint64_t bytes) override {
    return context_.memory.Reserve(account, bytes);
  }

  bool AwaitLoads(Deadline deadline) override { return context_.threads.AwaitNone(deadline); }

  std::optional<ModelStatus> Status(const ModelKey& key,
                                    const Placement& placement) const override {
    const auto entry = names_.Find(key);
    if (entry == nullptr) return std::nullopt;
    return entry->Status(key, placement);
  }

  std::vector<ModelStatus> List(const Scope& scope, const Placement& placement) const override {
    std::vector<ModelStatus> models;
    for (ModelName& name : names_.Names(scope)) {
      auto status = Status({scope, std::move(name)}, placement);
      if (status) models.push_back(*std::move(status));
    }
    return models;
  }

 private:
  std::uint64_t NextOrder() { return next_order_.fetch_add(1, std::memory_order_relaxed); }

  // Does not tell guests where the operator's files are.
  static std::unexpected<Error> Taken(const ModelKey& key, const registry::Entry& by, Origin origin,
                                      std::string_view newcomer) {
    if (origin == Origin::kGuest) {
      return base::Fail(ErrorCode::kInvalidArgument, "the name \"{}\" is taken", key.name.text());
    }
    return base::Fail(ErrorCode::kInvalidArgument,
                      "the name \"{}\" is taken: it names {} and can't also name {}",
                      key.name.text(), by.SourceText(), newcomer);
  }

  Result<void> CheckFree(const ModelKey& key, const Model& newcomer) const {
    const auto other = names_.Find(key);
    if (other == nullptr) return {};
    return Taken(key, *other, newcomer.origin, SourceText(newcomer));
  }

  // `origin` is the newcomer's; the entry may be shared with whoever supplied it first.
  Result<void> Insert(const ModelKey& key, const std::shared_ptr<registry::Entry>& entry,
                      Origin origin) {
    auto place = registry::ModelPlace::AddName(entry->place());
    if (!place) return base::Fail(std::move(place));
    const auto other =
        names_.Insert(key, {.entry = entry, .order = NextOrder(), .place = *std::move(place)});
    if (other == nullptr) return {};
    return Taken(key, *other, origin, entry->SourceText());
  }

  Result<std::shared_ptr<registry::Entry>> NewEntry(Registration registration) {
    auto place = registry::ModelPlace::Take(registration.account);
    if (!place) return base::Fail(std::move(place));
    return std::make_shared<registry::Entry>(std::move(registration), *std::move(place), context_);
  }

  // Returns those for whom a replacement is loaded before it takes the old entry's place.
  static std::vector<Placement> UsersOfReplacement(const registry::Entry& old,
                                                   const Registration& registration) {
    const Model& model = registration.model;
    std::vector<Placement> users;
    // Another isolation gives the users other placements, which the old entry does not know.
    if (old.isolation() == model.isolation) users = old.Placements();
    const Placement owner = PlacementFor(model, registration.placement);
    const bool is_owners = ServesAll(owner.isolation()) || !owner.is_host();
    const bool is_loaded_for_owner = registration.load == LoadMode::kEager && is_owners;
    if (is_loaded_for_owner && std::ranges::find(users, owner) == users.end()) {
      users.push_back(owner);
    }
    return users;
  }

  // The old and new model count as one, if their account is the same.
  Result<std::shared_ptr<registry::Entry>> NewEntryInPlaceOf(const registry::Entry& old,
                                                             Registration registration) {
    if (old.account() != registration.account) return NewEntry(std::move(registration));
    return std::make_shared<registry::Entry>(std::move(registration), old.place(), context_);
  }

  // Callers who give the same bytes share an entry.
  Result<std::shared_ptr<registry::Entry>> FindOrMakeEntry(Registration registration) {
    const auto make = [&] { return NewEntry(std::move(registration)); };
    const auto* const bytes = std::get_if<ModelBytes>(&registration.model.source);
    if (bytes == nullptr) return make();
    return contents_->FindOrMake({registration.account.get(), DigestOf(registration.model, *bytes)},
                                 make);
  }

  std::shared_ptr<registry::Entry> FindFirst(std::span<const ModelKey* const> keys) const {
    for (const ModelKey* const key : keys) {
      if (auto entry = names_.Find(*key)) return entry;
    }
    return nullptr;
  }

  std::atomic<std::uint64_t> next_order_ = 1;
  const std::shared_ptr<registry::ContentTable> contents_ =
      std::make_shared<registry::ContentTable>();
  registry::NameTable names_;
  registry::EntryContext context_;  // Last, because its threads use the members above.
};

}  // namespace

std::shared_ptr<Registry> registry::NewDefaultRegistry(registry::DefaultRegistryOptions options) {
  return std::make_shared<DefaultRegistry>(std::move(options));
}

}  // namespace namesake
