// Keeps guests that start on a running host from writing where the host reads or writes.
#ifndef NAMESAKE_HOST_GUEST_GROUND_H_
#define NAMESAKE_HOST_GUEST_GROUND_H_

#include <filesystem>
#include <span>
#include <vector>

#include "namesake/config.h"
#include "namesake/error.h"
#include "namesake/places.h"

namespace namesake::host {

// Like `GuardHost`, but for a running host, whose directories can't be moved any more. Errors:
// invalid_argument, with the remedy, if guests could change what it writes; those of
// `ReachedPlaces`.
Result<Guard> GuardGuests(const Config& config, std::vector<Place> others,
                          std::span<const std::filesystem::path> directories);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_GUEST_GROUND_H_
