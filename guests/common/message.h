// Messages of a guest on standard error.
#ifndef NAMESAKE_GUESTS_COMMON_MESSAGE_H_
#define NAMESAKE_GUESTS_COMMON_MESSAGE_H_

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

// Precedes every message. Defined by the guest.
extern const char kProgram[];

inline void VComplain(const char* format, std::va_list args) {
  std::fprintf(stderr, "%s: ", kProgram);
  std::vfprintf(stderr, format, args);
  std::fputc('\n', stderr);
}

// Prints a message like printf, followed by a line end.
[[gnu::format(printf, 1, 2)]] inline void Complain(const char* format, ...) {
  std::va_list args;
  va_start(args, format);
  VComplain(format, args);
  va_end(args);
}

// Prints a message, and ends the guest with exit code 1.
[[noreturn, gnu::format(printf, 1, 2)]] inline void Fail(const char* format, ...) {
  std::va_list args;
  va_start(args, format);
  VComplain(format, args);
  va_end(args);
  std::exit(1);
}

#endif  // NAMESAKE_GUESTS_COMMON_MESSAGE_H_
