// What a host passes to each view it makes.
#ifndef NAMESAKE_VIEW_VIEW_PARTS_H_
#define NAMESAKE_VIEW_VIEW_PARTS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "graph/tensor_memory.h"
#include "guest_models/guest_files.h"
#include "namesake/view.h"
#include "view/failure_log.h"
#include "view/tenant_state.h"

namespace namesake::view {

struct ViewParts {
  std::shared_ptr<const Tenant> tenant;
  InstanceLimits limits;
  // Unique among the host's views.
  std::uint64_t instance;
  std::shared_ptr<Registry> registry;
  guest_models::GuestFiles files;
  std::shared_ptr<FailureLog> failures;
  std::function<Deadline()> guest_deadline;  // Empty for never.
  // For the tensors that the guest holds; null for the process's own memory.
  std::shared_ptr<graph::TensorMemory> tensors{};
};

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_VIEW_PARTS_H_
