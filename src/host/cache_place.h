// The location of compiled models in a cache directory.
#ifndef NAMESAKE_HOST_CACHE_PLACE_H_
#define NAMESAKE_HOST_CACHE_PLACE_H_

namespace namesake::host {

// A separate folder, because the directory may also hold other things.
inline constexpr const char* kModelsFolder = "models";

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_CACHE_PLACE_H_
