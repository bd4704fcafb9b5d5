// What a host gives to each view it makes.
#ifndef NAMESAKE_WASI_NN_VIEW_PARTS_H_
#define NAMESAKE_WASI_NN_VIEW_PARTS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "namesake/view.h"
#include "wasi_nn/failure_log.h"
#include "wasi_nn/guest_files.h"
#include "wasi_nn/tenant.h"

namespace namesake {

struct ViewParts {
  std::shared_ptr<const Tenant> tenant;
  InstanceLimits limits;
  // Unique among the host's views.
  std::uint64_t instance;
  std::shared_ptr<Registry> registry;
  GuestFiles files;
  std::shared_ptr<FailureLog> failures;
  std::function<Deadline()> guest_deadline;  // Empty for never.
};

}  // namespace namesake

#endif  // NAMESAKE_WASI_NN_VIEW_PARTS_H_
