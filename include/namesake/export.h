// Marks what the library exports. Everything else is hidden in the shared library.
#ifndef NAMESAKE_EXPORT_H_
#define NAMESAKE_EXPORT_H_

#if __cplusplus < 202100L
#error "Namesake's headers need C++23: compile with -std=c++23"
#endif

#define NAMESAKE_API __attribute__((visibility("default")))

#endif  // NAMESAKE_EXPORT_H_
