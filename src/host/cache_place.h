// Where compiled models lie in a cache directory.
#ifndef NAMESAKE_HOST_CACHE_PLACE_H_
#define NAMESAKE_HOST_CACHE_PLACE_H_

namespace namesake::host {

// A folder of their own: others may keep other things in the directory.
inline constexpr const char* kModelsFolder = "models";

}  // namespace namesake::host

#endif  // NAMESAKE_HOST_CACHE_PLACE_H_
