// Converts the limits of a level to those of its account; finds the shorter of two timeouts.
#ifndef NAMESAKE_LIMITS_ACCOUNT_LIMITS_H_
#define NAMESAKE_LIMITS_ACCOUNT_LIMITS_H_

#include <chrono>
#include <optional>

#include "namesake/account.h"
#include "namesake/limits.h"

namespace namesake::limits {

// Accounts hold limits on counts and bytes. Limits on times or on single calls are enforced where
// the wait or the call happens.
AccountLimits ToAccountLimits(const HostLimits& limits);
AccountLimits ToAccountLimits(const TenantLimits& limits);
AccountLimits ToAccountLimits(const InstanceLimits& limits);

using Timeout = std::optional<std::chrono::nanoseconds>;
// Returns the shorter timeout; empty means unlimited.
Timeout Shorter(Timeout one, Timeout other);

}  // namespace namesake::limits

#endif  // NAMESAKE_LIMITS_ACCOUNT_LIMITS_H_
