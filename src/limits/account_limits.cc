#include "limits/account_limits.h"

#include <algorithm>

namespace namesake::limits {
namespace {

template <typename Limits>
AccountLimits SharedLimits(const Limits& limits) {
  AccountLimits account;
  account.total(Resource::kModels) = limits.max_models;
  account.total(Resource::kModelBytes) = limits.max_total_model_bytes;
  account.total(Resource::kTensorBytes) = limits.max_total_tensor_bytes;
  account.max_model_bytes = limits.max_model_bytes;
  account.max_tensor_bytes = limits.max_tensor_bytes;
  return account;
}

}  // namespace

AccountLimits ToAccountLimits(const HostLimits& limits) {
  AccountLimits account = SharedLimits(limits);
  account.total(Resource::kWorkerMemory) = limits.max_worker_memory_bytes;
  account.total(Resource::kWorkers) = limits.max_workers;
  account.max_loads = limits.max_loads;
  return account;
}

AccountLimits ToAccountLimits(const TenantLimits& limits) {
  AccountLimits account = SharedLimits(limits);
  account.total(Resource::kWorkerMemory) = limits.max_worker_memory_bytes;
  account.total(Resource::kWorkers) = limits.max_workers;
  account.max_loads = limits.max_loads;
  return account;
}

AccountLimits ToAccountLimits(const InstanceLimits& limits) {
  AccountLimits account = SharedLimits(limits);
  account.total(Resource::kGraphs) = limits.max_graphs;
  account.total(Resource::kContexts) = limits.max_contexts;
  account.total(Resource::kTensors) = limits.max_tensors;
  return account;
}

Timeout Shorter(Timeout one, Timeout other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

}  // namespace namesake::limits
