// Why models of the operator's can't be loaded, for the host's log.
#ifndef NAMESAKE_VIEW_FAILURE_LOG_H_
#define NAMESAKE_VIEW_FAILURE_LOG_H_

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "namesake/error.h"
#include "namesake/registry.h"

namespace namesake::view {

// Keeps a guest that asks again and again from filling the log: each failed load is logged once, at
// the level of a warning, and all that is asked of it later for debugging alone. Shared by the
// views of a host; it remembers no more than the operator's models. Thread-safe.
class FailureLog {
 public:
  // `model` is as it is after its load has failed with `error`.
  void Log(const ModelStatus& model, const Error& error);
  // The same of the model with a guest's own options, which may be the reason: a warning once for
  // each model.
  void LogVariant(const ModelStatus& model, const Error& error);

 private:
  struct Failure {
    std::uint64_t id = 0;
    std::string detail{};

    friend bool operator==(const Failure&, const Failure&) = default;
  };

  std::mutex mutex_;
  // Guarded by mutex_.
  std::map<ModelKey, Failure> logged_;
  std::set<ModelKey> logged_variants_;
};

}  // namespace namesake::view

#endif  // NAMESAKE_VIEW_FAILURE_LOG_H_
