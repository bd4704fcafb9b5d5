// Opens what a process was started without: descriptors 0, 1 and 2. The next file that anybody
// opens would get the number of a closed one, and so would be what the guest reads as its standard
// input, or what messages are written into.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace {

// The lowest number that is free is the one of `fd`, as those below it are open by now. Writing
// fails with the error of a closed descriptor, so that lost output is still reported.
void OpenIfClosed(int fd) {
  if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) return;
  // Where there is no /dev, by a descriptor that can be neither read nor written.
  if (::open("/dev/null", O_RDONLY) == fd || ::open("/", O_PATH) == fd) return;
  ::_exit(1);
}

void OpenStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) OpenIfClosed(fd);
}

// Before the initializers of any library, which may open files too.
using Initializer = void (*)();
[[gnu::section(".preinit_array"), gnu::used]] const Initializer kOpenStandardStreams =
    OpenStandardStreams;

}  // namespace
