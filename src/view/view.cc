#include "namesake/view.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "graph/graph_json.h"
#include "view/config_json.h"
#include "view/handle_table.h"
#include "view/open_context.h"
#include "view/view_parts.h"

namespace namesake {
namespace {

// The view's reservations for a guest-supplied model.
struct Brought {
  Reservation model;
  Reservation bytes;
};
using SharedBrought = std::shared_ptr<Brought>;

struct OpenGraph {
  view::GraphUse use;
  Reservation place;
  // Under which the guest found it; empty for a model without a name.
  std::string name{};
};

ModelBytes CopyParts(std::span<const std::span<const std::byte>> parts) {
  ModelBytes copy;
  for (const auto part : parts) {
    copy.parts.push_back(std::make_shared<const std::vector<std::byte>>(part.begin(), part.end()));
  }
  return copy;
}

// Whether the guest can correct a failed lookup or try again. Other faults of a model concern
// whoever supplied it.
bool IsTheGuests(ErrorCode code) {
  return code == ErrorCode::kNotFound || code == ErrorCode::kTimeout ||
         code == ErrorCode::kTooLarge || code == ErrorCode::kResourceExhausted;
}

constexpr std::string_view kLoadTimeout = "load_timeout";

// Whether a guest passed options of its own with a lookup.
enum class GuestConfig : std::uint8_t { kNone, kGiven };

// Returns the error, marked as that of a limit if it is a timeout.
Error WithTimeout(const Error& error, const limits::Timeout& timeout, std::string_view limit) {
  return error.code() == ErrorCode::kTimeout && timeout ? error.AtLimit(limit) : error;
}

// The keys that a name may refer to in a view, nearest scope first.
class NameChain {
 public:
  // `instance` is null if the instance has no such name.
  NameChain(const view::TenantState& tenant, const ModelKey* instance, ModelName name)
      : own_{tenant.scope(), std::move(name)} {
    if (instance != nullptr) Add(*instance);
    Add(own_);
    if (const ModelKey* const grant = tenant.FindGrant(own_.name.text())) {
      Add(*grant);
    } else if (tenant.policy().host_models == HostModels::kAll) {
      host_.emplace(Scope::Host(), own_.name);
      Add(*host_);
    }
  }
  NameChain(const NameChain&) = delete;
  NameChain& operator=(const NameChain&) = delete;

  std::span<const ModelKey* const> keys() const { return std::span(keys_).first(count_); }

 private:
  void Add(const ModelKey& key) { keys_[count_++] = &key; }

  ModelKey own_;
  std::optional<ModelKey> host_;
  std::array<const ModelKey*, 3> keys_{};
  std::size_t count_ = 0;
};

}  // namespace

struct View::State {
  explicit State(view::ViewParts given)
      : parts(std::move(given)),
        account(Account::Make("this instance", limits::ToAccountLimits(parts.limits),
                              parts.tenant->state().account())),
        placement(parts.tenant->placement()),
        load_timeout(
            limits::Shorter(parts.limits.load_timeout, parts.tenant->state().load_timeout())),
        inference_timeout(limits::Shorter(parts.limits.inference_timeout,
                                          parts.tenant->state().inference_timeout())) {}
  ~State() {
    for (const auto& [name, named] : names) TakeBack(named.key);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  struct InstanceName {
    ModelKey key;
    SharedBrought brought;
  };
  using InstanceNames = std::map<std::string, InstanceName, std::less<>>;

  // A name for a model about to be loaded. Allocates in advance what the view needs to keep the
  // name, so that a registered name is either kept or taken back, whatever fails.
  class NewName {
   public:
    NewName(State& state, const ModelKey& key, const SharedBrought& brought)
        : state_(state), key_(key) {
      if (key.scope.kind() == Scope::Kind::kInstance) {
        made_.try_emplace(key.name.text(), InstanceName{key, brought});
      }
    }
    NewName(const NewName&) = delete;
    NewName& operator=(const NewName&) = delete;
    ~NewName() {
      if (registered_) state_.TakeBack(key_);
    }

    // From now on, the name is taken back unless it is kept.
    void SetRegistered() { registered_ = true; }
    void Keep() noexcept {
      registered_ = false;
      if (made_.empty()) return;
      // A custom registry may have lost an earlier model of that name.
      if (const auto lost = state_.names.find(key_.name.text()); lost != state_.names.end()) {
        state_.names.erase(lost);
      }
      state_.names.insert(made_.extract(made_.begin()));
    }

   private:
    State& state_;
    const ModelKey& key_;
    InstanceNames made_;
    bool registered_ = false;
  };

  void TakeBack(const ModelKey& key) const noexcept {
    try {
      static_cast<void>(parts.registry->Unregister(key, Origin::kGuest));
    } catch (...) {
      // A custom registry may have lost the name, or memory may have run out. Nobody is left to
      // report it to.
    }
  }

  Deadline DeadlineAfter(limits::Timeout timeout) const {
    const Deadline own = Deadline::AfterIf(timeout);
    return parts.guest_deadline ? Deadline::Earlier(own, parts.guest_deadline()) : own;
  }

  NameChain ChainOf(ModelName name) const {
    const auto found = names.find(name.text());
    return {parts.tenant->state(), found == names.end() ? nullptr : &found->second.key,
            std::move(name)};
  }

  // Reserves in this instance's account only. The accounts of the tenant and the host count the
  // model in memory, which several instances may share.
  Result<Reservation> ReserveHere(Resource resource, std::uint64_t amount) const {
    return account->Reserve(resource, amount, Account::Extent::kHere);
  }
  Result<SharedBrought> Bring(std::uint64_t bytes) const;
  Result<ModelKey> NewKey(std::string_view name) const;
  Result<Scope> GuestScope() const;

  Result<void> CheckMayLoad() const;
  Registration NewRegistration(Encoding encoding, Target target, decltype(Model::source) source,
                               Reservation reserved, const SharedBrought& brought) const;
  // Sets the model's size, in the instance's account only.
  Result<void> SetBytes(std::uint64_t bytes, Brought& brought) const;
  // Reserves further bytes in the instance's account, and in the tenant's through `reserved`.
  Result<void> ReserveMore(std::uint64_t bytes, Brought& brought, Reservation& reserved) const;
  Result<GraphHandle> LoadBytes(std::span<const std::span<const std::byte>> guest_parts,
                                Encoding encoding, Target target, const ModelKey* name);
  Result<GraphHandle> Open(Lease lease, SharedBrought brought, Reservation place,
                           std::string_view name = {});
  // Returns a lookup's error for the guest. Logs why an operator's model can't be loaded.
  std::unexpected<Error> LookupFailed(const NameChain& chain, std::string_view name,
                                      const Error& error, GuestConfig config) const;
  // Fails if the tensor exceeds `max_tensor_bytes`. In an empty tensor, extents of 0 count as 1.
  Result<void> CheckSize(const TensorView& tensor) const;
  // Reserves the bytes of a tensor held by the guest.
  Result<Reservation> ReserveTensor(std::uint64_t bytes) const;
  Result<BackendOptions> GuestOptions(std::string_view config) const;

  Result<OpenGraph*> Find(GraphHandle handle) {
    OpenGraph* const open = graphs.Find(std::to_underlying(handle));
    if (open != nullptr) return open;
    return base::Fail(ErrorCode::kInvalidArgument, "unknown graph handle {:#x}",
                      std::to_underlying(handle));
  }
  Result<view::OpenContext*> Find(ContextHandle handle) {
    view::OpenContext* const open = contexts.Find(std::to_underlying(handle));
    if (open != nullptr) return open;
    return base::Fail(ErrorCode::kInvalidArgument, "unknown execution context handle {:#x}",
                      std::to_underlying(handle));
  }

  const view::ViewParts parts;
  const std::shared_ptr<Account> account;
  // The placement of the guest's lookups; stored because each lookup needs it.
  const Placement placement;
  const limits::Timeout load_timeout;
  const limits::Timeout inference_timeout;
  // The names in the instance's scope; only this view adds any.
  InstanceNames names;
  view::HandleTable<OpenGraph, view::HandleKind::kGraph> graphs;
  view::HandleTable<view::OpenContext, view::HandleKind::kContext> contexts;
  std::shared_ptr<void> abi_state;
  Refusals refusals;
  // Limits that were logged: literals, each once.
  std::vector<std::string_view> limits_met;
};

Result<SharedBrought> View::State::Bring(std::uint64_t bytes) const {
  if (auto checked = account->CheckModelBytes(bytes); !checked) {
    return base::Fail(std::move(checked));
  }
  auto model = ReserveHere(Resource::kModels, 1);
  if (!model) return base::Fail(std::move(model));
  auto held = ReserveHere(Resource::kModelBytes, bytes);
  if (!held) return base::Fail(std::move(held));
  return std::make_shared<Brought>(*std::move(model), *std::move(held));
}

Result<Scope> View::State::GuestScope() const {
  switch (parts.tenant->policy().guest_register) {
    case GuestRegister::kInstance:
      return Scope::Instance(parts.instance);
    case GuestRegister::kTenant:
      return parts.tenant->state().scope();
    case GuestRegister::kNo:
      break;
  }
  return base::Fail(ErrorCode::kSecurity,
                    "the policy does not let this guest register models (guest_register)");
}

Result<ModelKey> View::State::NewKey(std::string_view name) const {
  const auto scope = GuestScope();
  if (!scope) return base::Fail(scope);
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  const auto& limit = parts.limits.max_name_bytes;
  if (limit && name.size() > *limit) {
    return base::FailAt("max_name_bytes", ErrorCode::kTooLarge,
                        "a name of {} is above max_name_bytes = {}", base::BytesText(name.size()),
                        base::BytesText(*limit));
  }
  return ModelKey{*scope, *std::move(parsed)};
}

Result<void> View::State::CheckMayLoad() const {
  if (parts.tenant->policy().guest_load == GuestLoad::kAllowed) return {};
  return base::Fail(ErrorCode::kSecurity,
                    "the policy does not let this guest load models (guest_load)");
}

Registration View::State::NewRegistration(Encoding encoding, Target target,
                                          decltype(Model::source) source, Reservation reserved,
                                          const SharedBrought& brought) const {
  return {.model = {.encoding = encoding,
                    .target = target,
                    .source = std::move(source),
                    .origin = Origin::kGuest},
          .account = parts.tenant->state().account(),
          .placement = placement,
          .bytes = std::move(reserved),
          .until_loaded = brought};
}

Result<void> View::State::SetBytes(std::uint64_t bytes, Brought& brought) const {
  if (auto checked = account->CheckModelBytes(bytes); !checked) return checked;
  return brought.bytes.Resize(bytes);
}

Result<void> View::State::ReserveMore(std::uint64_t bytes, Brought& brought,
                                      Reservation& reserved) const {
  if (auto set = SetBytes(brought.bytes.amount() + bytes, brought); !set) return set;
  auto more = parts.registry->ReserveModelBytes(parts.tenant->state().account(), bytes);
  if (!more) return base::Fail(std::move(more));
  reserved.Absorb(*std::move(more));
  return {};
}

Result<GraphHandle> View::State::LoadBytes(std::span<const std::span<const std::byte>> guest_parts,
                                           Encoding encoding, Target target, const ModelKey* name) {
  if (guest_parts.empty()) {
    return base::Fail(ErrorCode::kInvalidArgument, "the model has no parts");
  }
  std::uint64_t bytes = 0;
  for (const auto part : guest_parts) bytes += part.size();
  auto place = ReserveHere(Resource::kGraphs, 1);
  if (!place) return base::Fail(std::move(place));
  auto brought = Bring(bytes);
  if (!brought) return base::Fail(std::move(brought));
  auto reserved = parts.registry->ReserveModelBytes(parts.tenant->state().account(), bytes);
  if (!reserved) return base::Fail(std::move(reserved));
  Registration registration =
      NewRegistration(encoding, target, CopyParts(guest_parts), *std::move(reserved), *brought);
  std::optional<NewName> new_name;
  if (name != nullptr) new_name.emplace(*this, *name, *brought);
  auto lease = parts.registry->Load(std::move(registration), name, DeadlineAfter(load_timeout));
  if (!lease) return std::unexpected(WithTimeout(lease.error(), load_timeout, kLoadTimeout));
  if (new_name) new_name->SetRegistered();
  auto opened = Open(*std::move(lease), *std::move(brought), *std::move(place));
  if (opened && new_name) new_name->Keep();
  return opened;
}

Result<GraphHandle> View::State::Open(Lease lease, SharedBrought brought, Reservation place,
                                      std::string_view name) {
  const auto handle =
      graphs.Insert({{std::move(lease), std::move(brought)}, std::move(place), std::string(name)});
  if (!handle) {
    return base::Fail(ErrorCode::kResourceExhausted, "the view has no graph handle left");
  }
  return GraphHandle{*handle};
}

Result<void> View::State::CheckSize(const TensorView& tensor) const {
  if (std::ranges::count(tensor.dims, 0U) == 0) {
    return account->CheckTensorBytes(tensor.data.size());
  }
  // Products beyond 64 bits are reported where the input is known.
  return account->CheckTensorBytes(ByteSizeAtLeastOne(tensor.type, tensor.dims).value_or(0));
}

std::unexpected<Error> View::State::LookupFailed(const NameChain& chain, std::string_view name,
                                                 const Error& error, GuestConfig config) const {
  if (IsTheGuests(error.code())) {
    return std::unexpected(WithTimeout(error, load_timeout, kLoadTimeout));
  }
  for (const ModelKey* const key : chain.keys()) {
    const auto model = parts.registry->Status(*key, placement);
    if (!model) continue;
    if (model->origin == Origin::kGuest) break;
    if (config == GuestConfig::kGiven) {
      parts.failures->LogVariant(*model, error);
    } else {
      parts.failures->Log(*model, *parts.tenant, error);
    }
    break;
  }
  const Wording reason = {"", ": " + error.detail()};
  return base::Fail(error.code(), "the model \"{}\" can't be loaded{}", base::Printable(name),
                    reason);
}

Result<Reservation> View::State::ReserveTensor(std::uint64_t bytes) const {
  if (auto checked = account->CheckTensorBytes(bytes); !checked) {
    return base::Fail(std::move(checked));
  }
  return account->Reserve(Resource::kTensorBytes, bytes);
}

Result<BackendOptions> View::State::GuestOptions(std::string_view config) const {
  if (const auto& limit = parts.limits.max_config_bytes; limit && config.size() > *limit) {
    return base::FailAt("max_config_bytes", ErrorCode::kTooLarge,
                        "a configuration of {} is above max_config_bytes = {}",
                        base::BytesText(config.size()), base::BytesText(*limit));
  }
  auto options = view::ParseConfigJson(config);
  if (!options) return options;
  const auto& allowed = parts.tenant->policy().guest_options;
  for (const auto& [key, value] : *options) {
    if (allowed.contains(key)) continue;
    return base::Fail(ErrorCode::kSecurity,
                      "the policy does not let this guest set the option \"{}\" (guest_options)",
                      base::Printable(key));
  }
  return options;
}

View::View(view::ViewParts parts) : state_(std::make_unique<State>(std::move(parts))) {}
View::~View() = default;

Result<GraphHandle> View::Load(std::span<const std::span<const std::byte>> parts, Encoding encoding,
                               Target target) {
  if (auto may = state_->CheckMayLoad(); !may) return base::Fail(std::move(may));
  return state_->LoadBytes(parts, encoding, target, nullptr);
}

Result<GraphHandle> View::LoadNamed(std::span<const std::span<const std::byte>> parts,
                                    Encoding encoding, Target target, std::string_view name) {
  if (auto may = state_->CheckMayLoad(); !may) return base::Fail(std::move(may));
  const auto key = state_->NewKey(name);
  if (!key) return base::Fail(key);
  return state_->LoadBytes(parts, encoding, target, &*key);
}

Result<void> View::RegisterNamed(std::string_view name, Encoding encoding, Target target,
                                 std::string_view guest_path) {
  const auto key = state_->NewKey(name);
  if (!key) return base::Fail(key);
  // The registry decides in the end; this avoids a useless copy.
  if (state_->parts.registry->Status(*key, state_->placement)) {
    return base::Fail(ErrorCode::kInvalidArgument, "the name \"{}\" is taken", key->name.text());
  }
  auto brought = state_->Bring(0);
  if (!brought) return base::Fail(std::move(brought));
  Reservation reserved;
  const Deadline deadline = state_->DeadlineAfter(state_->load_timeout);
  const auto reserve = [&](std::uint64_t bytes) {
    return state_->ReserveMore(bytes, **brought, reserved);
  };
  auto files = state_->parts.files.Snapshot(guest_path, encoding,
                                            {.reserve = reserve, .deadline = deadline});
  if (!files) return base::Fail(std::move(files));
  Registration registration =
      state_->NewRegistration(encoding, target, *std::move(files), std::move(reserved), *brought);
  State::NewName new_name(*state_, *key, *brought);
  auto lease = state_->parts.registry->Load(std::move(registration), &*key, deadline);
  if (!lease) {
    return std::unexpected(WithTimeout(lease.error(), state_->load_timeout, kLoadTimeout));
  }
  new_name.Keep();
  return {};
}

Result<void> View::UnregisterNamed(std::string_view name) {
  const auto scope = state_->GuestScope();
  if (!scope) return base::Fail(scope);
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  auto done = state_->parts.registry->Unregister({*scope, *std::move(parsed)}, Origin::kGuest);
  if (done) {
    if (const auto found = state_->names.find(name); found != state_->names.end()) {
      state_->names.erase(found);
    }
  }
  return done;
}

Result<GraphHandle> View::LoadByName(std::string_view name) {
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  auto place = state_->ReserveHere(Resource::kGraphs, 1);
  if (!place) return base::Fail(std::move(place));
  const NameChain chain = state_->ChainOf(*std::move(parsed));
  auto lease = state_->parts.registry->Acquire(chain.keys(), state_->placement,
                                               state_->DeadlineAfter(state_->load_timeout));
  if (!lease) return state_->LookupFailed(chain, name, lease.error(), GuestConfig::kNone);
  return state_->Open(*std::move(lease), nullptr, *std::move(place), name);
}

Result<GraphHandle> View::LoadByNameWithConfig(std::string_view name, std::string_view config) {
  const auto options = state_->GuestOptions(config);
  if (!options) return base::Fail(options);
  if (options->empty()) return LoadByName(name);
  auto parsed = ModelName::Parse(name);
  if (!parsed) return base::Fail(std::move(parsed));
  auto place = state_->ReserveHere(Resource::kGraphs, 1);
  if (!place) return base::Fail(std::move(place));
  const NameChain chain = state_->ChainOf(*std::move(parsed));
  auto brought = state_->Bring(0);
  if (!brought) return base::Fail(std::move(brought));
  auto lease =
      state_->parts.registry->AcquireVariant(chain.keys(), *options,
                                             {.account = state_->parts.tenant->state().account(),
                                              .placement = state_->placement,
                                              .until_loaded = *brought},
                                             state_->DeadlineAfter(state_->load_timeout));
  if (!lease) return state_->LookupFailed(chain, name, lease.error(), GuestConfig::kGiven);
  // The size is known only after the load.
  if (auto set = state_->SetBytes(lease->graph().model_bytes(), **brought); !set) {
    return base::Fail(std::move(set));
  }
  return state_->Open(*std::move(lease), *std::move(brought), *std::move(place), name);
}

// Below the largest value of the type, so that callers can add 1.
std::size_t View::max_config_bytes() const {
  return state_->parts.limits.max_config_bytes.value_or(UINT32_MAX);
}

std::vector<std::string> View::ListNamed() const {
  std::vector<std::string> listed;
  for (const VisibleModel& model :
       view::VisibleModels(state_->parts.tenant->state(), *state_->parts.registry)) {
    listed.push_back(model.name);
  }
  for (const auto& [name, named] : state_->names) listed.push_back(name);
  std::ranges::sort(listed);
  listed.erase(std::ranges::unique(listed).begin(), listed.end());
  return listed;
}

Result<std::string> View::Describe(GraphHandle graph) const {
  const auto open = state_->Find(graph);
  if (!open) return base::Fail(open);
  return graph::GraphJson((*open)->use.lease.graph());
}

Result<void> View::Unload(GraphHandle graph) {
  if (auto open = state_->Find(graph); !open) return base::Fail(std::move(open));
  state_->graphs.Remove(std::to_underlying(graph));
  return {};
}

Result<ContextHandle> View::InitExecutionContext(GraphHandle graph) {
  const auto open = state_->Find(graph);
  if (!open) return base::Fail(open);
  auto context = view::OpenContext::Make((*open)->use, *state_->account);
  if (!context) return base::Fail(std::move(context));
  context->SetModelName((*open)->name);
  const auto handle = state_->contexts.Insert(*std::move(context));
  if (!handle) {
    return base::Fail(ErrorCode::kResourceExhausted,
                      "the view has no execution context handle left");
  }
  return ContextHandle{*handle};
}

Result<void> View::FinalizeExecutionContext(ContextHandle context) {
  if (auto open = state_->Find(context); !open) return base::Fail(std::move(open));
  state_->contexts.Remove(std::to_underlying(context));
  return {};
}

Result<void> View::SetInput(ContextHandle context, std::size_t index, const TensorView& tensor) {
  const auto found = state_->Find(context);
  if (!found) return base::Fail(found);
  if (auto checked = state_->CheckSize(tensor); !checked) return checked;
  return (*found)->SetInput(index, tensor);
}

Result<void> View::Compute(ContextHandle context) {
  const auto found = state_->Find(context);
  if (!found) return base::Fail(found);
  const auto failed = [&](const Error& error) {
    return std::unexpected(WithTimeout(error, state_->inference_timeout, "inference_timeout"));
  };
  const Deadline deadline = state_->DeadlineAfter(state_->inference_timeout);
  const auto turn =
      state_->parts.tenant->state().computes().Enter(deadline, (*found)->graph().threads());
  if (!turn) return failed(turn.error());
  if (auto computed = (*found)->Compute(deadline); !computed) return failed(computed.error());
  return {};
}

Result<TensorView> View::GetOutput(ContextHandle context, std::size_t index) {
  const auto found = state_->Find(context);
  if (!found) return base::Fail(found);
  return (*found)->Output(index);
}

namespace {

// Lists the names by which a guest may pass the tensors of a graph.
std::string NamesText(const std::vector<TensorInfo>& tensors) {
  constexpr std::size_t kMostListed = 8;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(tensors.size(), kMostListed); ++i) {
    names.push_back(tensors[i].name.empty()
                        ? fmt::to_string(i)
                        : fmt::format("\"{}\"", base::Printable(tensors[i].name)));
  }
  if (tensors.size() > kMostListed) names.emplace_back("…");
  return names.empty() ? "none" : fmt::to_string(fmt::join(names, ", "));
}

Result<std::size_t> Found(std::optional<std::size_t> index, std::string_view kind,
                          std::string_view name, const std::vector<TensorInfo>& tensors) {
  if (index) return *index;
  // Long names are not quoted: nobody would read them, and a guest may pass all of its memory.
  constexpr std::size_t kMostQuoted = 256;
  const std::string text = name.size() > kMostQuoted ? fmt::format("name of {} bytes", name.size())
                                                     : fmt::format("\"{}\"", base::Printable(name));
  return base::Fail(ErrorCode::kInvalidArgument, "unknown {} {}; the graph has {}", kind, text,
                    NamesText(tensors));
}

}  // namespace

Result<const Graph*> View::FindGraph(GraphHandle graph) const {
  const auto open = state_->Find(graph);
  if (!open) return base::Fail(open);
  return &(*open)->use.lease.graph();
}

Result<const Graph*> View::FindGraph(ContextHandle context) const {
  const auto open = state_->Find(context);
  if (!open) return base::Fail(open);
  return &(*open)->graph();
}

Result<std::size_t> View::FindInput(ContextHandle context, std::string_view name) const {
  const auto graph = FindGraph(context);
  if (!graph) return base::Fail(graph);
  return Found((*graph)->FindInput(name), "input", name, (*graph)->inputs());
}

Result<std::size_t> View::FindOutput(ContextHandle context, std::string_view name) const {
  const auto graph = FindGraph(context);
  if (!graph) return base::Fail(graph);
  return Found((*graph)->FindOutput(name), "output", name, (*graph)->outputs());
}

Result<Reservation> View::NewTensorPlace() { return state_->ReserveHere(Resource::kTensors, 1); }

Result<HeldTensor> View::NewTensor(const TensorView& tensor) {
  auto bytes = state_->ReserveTensor(tensor.data.size());
  if (!bytes) return base::Fail(std::move(bytes));
  auto copy = state_->parts.tensors == nullptr ? CopyTensor(tensor)
                                               : graph::CopyTensor(tensor, *state_->parts.tensors);
  if (!copy) return base::Fail(std::move(copy));
  return HeldTensor{.tensor = *std::move(copy), .bytes = *std::move(bytes)};
}

Result<void> View::ShareInput(ContextHandle context, std::size_t index,
                              const SharedTensor& tensor) {
  const auto found = state_->Find(context);
  if (!found) return base::Fail(found);
  if (auto checked = state_->CheckSize(tensor.view()); !checked) return checked;
  return (*found)->ShareInput(index, tensor);
}

Result<HeldTensor> View::ShareOutput(ContextHandle context, std::size_t index) {
  const auto found = state_->Find(context);
  if (!found) return base::Fail(found);
  // Reserve before sharing, because a backend that can't lend the output copies it.
  const auto output = (*found)->Output(index);
  if (!output) return base::Fail(output);
  auto bytes = state_->ReserveTensor(output->data.size());
  if (!bytes) return base::Fail(std::move(bytes));
  auto shared = (*found)->ShareOutput(index);
  if (!shared) return base::Fail(std::move(shared));
  return HeldTensor{.tensor = *std::move(shared), .bytes = *std::move(bytes)};
}

std::shared_ptr<void>& View::abi_state() { return state_->abi_state; }

void View::NoteRefusal(std::string_view function, const Error& error) noexcept {
  Refusals& refusals = state_->refusals;
  if (refusals.count++ == 0) {
    refusals.first_function = function;
    refusals.first_code = error.code();
  }
  if (error.limit().empty() || std::ranges::count(state_->limits_met, error.limit()) > 0) return;
  try {
    state_->limits_met.push_back(error.limit());
    base::Log().warn("a guest of tenant \"{}\" reached its limit {}: {}: {}",
                     base::Printable(state_->parts.tenant->name()), error.limit(), function,
                     error.detail());
  } catch (const std::exception&) {
    // There is no memory to log that.
  }
}

const Refusals& View::refusals() const { return state_->refusals; }

const Account& View::account() const { return *state_->account; }

}  // namespace namesake
