// The parts of the stb libraries that guests use. stb.cc holds their code.
#ifndef NAMESAKE_GUESTS_COMMON_STB_H_
#define NAMESAKE_GUESTS_COMMON_STB_H_

#define STBI_NO_STDIO
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#include <stb/stb_image.h>

// Distributions ship one of two versions of the resizer, with different functions.
#if __has_include(<stb/stb_image_resize2.h>)
#define NAMESAKE_STB_RESIZE2
#include <stb/stb_image_resize2.h>
#else
#include <stb/stb_image_resize.h>
#endif

#endif  // NAMESAKE_GUESTS_COMMON_STB_H_
