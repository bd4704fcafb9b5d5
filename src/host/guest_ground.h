// The rule for guests that begin when the host is there: none writes where it lives.
#ifndef NAMESAKE_HOST_GUEST_GROUND_H_
#define NAMESAKE_HOST_GUEST_GROUND_H_

#include <filesystem>
#include <span>
#include <vector>

#include "namesake/config.h"
#include "namesake/error.h"
#include "namesake/places.h"

namespace namesake::host {

// As `GuardHost`, but of a host that is made already: it writes where it writes. Errors:
// invalid_argument, with the remedy, where guests could change that; those of `ReachedPlaces`.
Result<Guard> GuardGuests(const Config& config, std::vector<Place> others,
                          std::span<const std::filesystem::path> directories);

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_GUEST_GROUND_H_
