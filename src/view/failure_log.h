// Logs why the operator's models can't be loaded.
#ifndef NAMESAKE_VIEW_FAILURE_LOG_H_
#define NAMESAKE_VIEW_FAILURE_LOG_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "namesake/error.h"
#include "namesake/registry.h"
#include "namesake/tenant.h"

namespace namesake::view {

// Keeps a guest that asks repeatedly from flooding the log: logs each failed load once as a
// warning, and further requests for debugging only. Shared by the views of a host. Remembers no
// more than the operator's models in their placements. Thread-safe.
class FailureLog {
 public:
  // `model` is the status for `tenant` after its load has failed with `error`.
  void Log(const ModelStatus& model, const Tenant& tenant, const Error& error);
  // Like Log, for a load with a guest's own options, which may be the reason: one warning per
  // model.
  void LogVariant(const ModelStatus& model, const Error& error);

 private:
  struct Failure {
    std::uint64_t id = 0;
    std::string detail{};

    friend bool operator==(const Failure&, const Failure&) = default;
  };

  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::pair<ModelKey, Placement>, Failure> logged_;
  std::set<ModelKey> logged_variants_;
};

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_FAILURE_LOG_H_
