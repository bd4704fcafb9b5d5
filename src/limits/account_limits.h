// The limits of a level as its account keeps them, and the shorter of two times.
#ifndef NAMESAKE_LIMITS_ACCOUNT_LIMITS_H_
#define NAMESAKE_LIMITS_ACCOUNT_LIMITS_H_

#include <chrono>
#include <optional>

#include "namesake/account.h"
#include "namesake/limits.h"

namespace namesake::limits {

// A limit on a count or on bytes has its place here; one on a time, or on a single call, is kept by
// whoever makes the wait or the call.
AccountLimits ToAccountLimits(const HostLimits& limits);
AccountLimits ToAccountLimits(const TenantLimits& limits);
AccountLimits ToAccountLimits(const InstanceLimits& limits);

using Timeout = std::optional<std::chrono::nanoseconds>;
// The shorter one; empty is the longest.
Timeout Shorter(Timeout one, Timeout other);

}  // namespace namesake::limits

#endif  // NAMESAKE_LIMITS_ACCOUNT_LIMITS_H_
