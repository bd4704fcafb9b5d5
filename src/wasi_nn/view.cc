#include "namesake/view.h"

#include <memory>
#include <utility>

#include "base/fail.h"
#include "limits/budget.h"
#include "wasi_nn/handle_table.h"

namespace namesake {
namespace {

// Shared with a load under way, which may outlive the call that began it.
using Place = std::shared_ptr<const Reservation>;

struct OpenGraph {
  Lease lease;
  Place place;
};

// A part of a model with the place that its graph takes in the view.
struct PlacedPart {
  std::vector<std::byte> bytes;
  Place place;
};

Blob CopyPart(std::span<const std::byte> part, Place place) {
  auto copy = std::make_shared<const PlacedPart>(std::vector<std::byte>(part.begin(), part.end()),
                                                 std::move(place));
  return Blob(copy, &copy->bytes);
}

// Members end in reverse order: the context before the lease that pins its graph.
struct OpenContext {
  Lease lease;
  Reservation place;
  std::unique_ptr<ExecutionContext> context;
};

}  // namespace

struct View::State {
  State(const Authority& given, std::uint64_t instance_id, std::shared_ptr<Registry> models)
      : authority(given),
        instance(Scope::Instance(instance_id)),
        registry(std::move(models)),
        graph_budget(Budget::Make("max_graphs", given.limits.max_graphs)),
        context_budget(Budget::Make("max_contexts", given.limits.max_contexts)) {}

  Deadline LoadDeadline() const { return Deadline::AfterIf(authority.limits.load_timeout); }

  // The keys a name may stand for in this view, nearest scope first.
  std::vector<ModelKey> Candidates(const ModelName& name) const {
    std::vector<ModelKey> keys = {{instance, name}, {Scope::Tenant(authority.tenant), name}};
    if (authority.policy.host_models == HostModels::kAll) keys.push_back({Scope::Host(), name});
    return keys;
  }

  Result<Place> ReserveGraph() {
    auto place = graph_budget->Reserve(1);
    if (!place) return Fail(std::move(place));
    return std::make_shared<const Reservation>(*std::move(place));
  }

  Result<GraphHandle> Open(Lease lease, Place place) {
    const auto handle = graphs.Insert({std::move(lease), std::move(place)});
    if (!handle) return Fail(ErrorCode::kTooLarge, "the view has no graph handle left");
    return GraphHandle{*handle};
  }

  Result<ExecutionContext*> Find(ContextHandle handle) {
    OpenContext* const open = contexts.Find(std::to_underlying(handle));
    if (open == nullptr) {
      return Fail(ErrorCode::kInvalidArgument, "there is no execution context {:#x}",
                  std::to_underlying(handle));
    }
    return open->context.get();
  }

  const Authority authority;
  const Scope instance;
  const std::shared_ptr<Registry> registry;
  const std::shared_ptr<Budget> graph_budget;
  const std::shared_ptr<Budget> context_budget;
  HandleTable<OpenGraph, HandleKind::kGraph> graphs;
  HandleTable<OpenContext, HandleKind::kContext> contexts;
};

View::View(Authority authority, std::uint64_t instance, std::shared_ptr<Registry> registry)
    : state_(std::make_unique<State>(authority, instance, std::move(registry))) {}
View::~View() = default;

Result<GraphHandle> View::Load(std::span<const std::span<const std::byte>> parts, Encoding encoding,
                               Target target) {
  if (state_->authority.policy.guest_load == GuestLoad::kForbidden) {
    return Fail(ErrorCode::kSecurity, "the policy does not let this guest load models");
  }
  if (parts.empty()) return Fail(ErrorCode::kInvalidArgument, "a model without any part");
  std::uint64_t bytes = 0;
  for (const auto part : parts) bytes += part.size();
  if (const auto limit = state_->authority.limits.max_model_bytes; limit && bytes > *limit) {
    return Fail(ErrorCode::kTooLarge, "a model of {} bytes is above max_model_bytes = {}", bytes,
                *limit);
  }
  auto place = state_->ReserveGraph();
  if (!place) return Fail(std::move(place));
  ModelBytes source;
  for (const auto part : parts) source.parts.push_back(CopyPart(part, *place));
  auto lease = state_->registry->LoadUnnamed(
      {.encoding = encoding, .target = target, .source = std::move(source), .options = {}},
      state_->LoadDeadline());
  if (!lease) return Fail(std::move(lease));
  return state_->Open(*std::move(lease), *std::move(place));
}

Result<GraphHandle> View::LoadByName(std::string_view name) {
  const auto parsed = ModelName::Parse(name);
  if (!parsed) return std::unexpected(parsed.error());
  auto place = state_->ReserveGraph();
  if (!place) return Fail(std::move(place));
  const Deadline deadline = state_->LoadDeadline();
  for (const ModelKey& key : state_->Candidates(*parsed)) {
    auto lease = state_->registry->Acquire(key, deadline);
    if (lease) return state_->Open(*std::move(lease), *std::move(place));
    // A name that a nearer scope has stands for that model alone, also when it can't be loaded.
    if (lease.error().code() != ErrorCode::kNotFound) return Fail(std::move(lease));
  }
  return Fail(ErrorCode::kNotFound, "there is no model \"{}\"", parsed->text());
}

Result<ContextHandle> View::InitExecutionContext(GraphHandle graph) {
  const OpenGraph* const open = state_->graphs.Find(std::to_underlying(graph));
  if (open == nullptr) {
    return Fail(ErrorCode::kInvalidArgument, "there is no graph {:#x}", std::to_underlying(graph));
  }
  auto place = state_->context_budget->Reserve(1);
  if (!place) return Fail(std::move(place));
  auto context = open->lease.graph().NewContext();
  if (!context) return Fail(std::move(context));
  const auto handle =
      state_->contexts.Insert({open->lease, *std::move(place), *std::move(context)});
  if (!handle) return Fail(ErrorCode::kTooLarge, "the view has no execution context handle left");
  return ContextHandle{*handle};
}

Result<void> View::SetInput(ContextHandle context, std::size_t index, const TensorView& tensor) {
  const auto found = state_->Find(context);
  if (!found) return std::unexpected(found.error());
  const auto limit = state_->authority.limits.max_tensor_bytes;
  if (limit && tensor.data.size() > *limit) {
    return Fail(ErrorCode::kTooLarge, "a tensor of {} bytes is above max_tensor_bytes = {}",
                tensor.data.size(), *limit);
  }
  return (*found)->SetInput(index, tensor);
}

Result<void> View::Compute(ContextHandle context) {
  const auto found = state_->Find(context);
  if (!found) return std::unexpected(found.error());
  return (*found)->Compute(Deadline::AfterIf(state_->authority.limits.compute_timeout));
}

Result<TensorView> View::GetOutput(ContextHandle context, std::size_t index) {
  const auto found = state_->Find(context);
  if (!found) return std::unexpected(found.error());
  return (*found)->Output(index);
}

}  // namespace namesake
