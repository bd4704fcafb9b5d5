#include "view/failure_log.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace namesake::view {
namespace {

// One that serves all fails for everyone.
std::string ForText(const ModelStatus& model, const Tenant& tenant) {
  if (ServesAll(model.isolation)) return "";
  return fmt::format(" for tenant \"{}\"", base::Printable(tenant.name()));
}

spdlog::level::level_enum LevelOf(bool is_new) {
  return is_new ? spdlog::level::warn : spdlog::level::debug;
}

}  // namespace

void FailureLog::Log(const ModelStatus& model, const Tenant& tenant, const Error& error) {
  bool is_new = false;
  {
    Failure failure{.id = model.failure_id, .detail = error.detail()};
    const std::lock_guard lock(mutex_);
    Failure& logged = logged_[{model.key, tenant.placement().with(model.isolation)}];
    is_new = logged != failure;
    logged = std::move(failure);
  }
  base::Log().log(LevelOf(is_new), "the model \"{}\" can't be loaded{}: {}",
                  base::Printable(model.key.name.text()), ForText(model, tenant), error.detail());
}

void FailureLog::LogVariant(const ModelStatus& model, const Error& error) {
  bool is_new = false;
  {
    const std::lock_guard lock(mutex_);
    is_new = logged_variants_.insert(model.key).second;
  }
  base::Log().log(LevelOf(is_new), "the model \"{}\" can't be loaded with a guest's options: {}",
                  base::Printable(model.key.name.text()), error.detail());
}

}  // namespace namesake::view
