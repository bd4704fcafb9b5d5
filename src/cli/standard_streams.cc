// Opens those of the descriptors 0, 1 and 2 that were closed when the process started. Otherwise
// the next opened file would get a closed one's number: the guest would read that file as its
// standard input, or messages would be written into it.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace {

// Opens the lowest free number, which is `fd`, since those below it are open by now. Writing to it
// fails as for a closed descriptor, so lost output is still reported.
void OpenIfClosed(int fd) {
  if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) return;
  // Without /dev, use a descriptor that can be neither read nor written.
  if (::open("/dev/null", O_RDONLY) == fd || ::open("/", O_PATH) == fd) return;
  ::_exit(1);
}

void OpenStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) OpenIfClosed(fd);
}

// Runs before the initializers of any library, which may open files too.
using Initializer = void (*)();
[[gnu::section(".preinit_array"), gnu::used]] const Initializer kOpenStandardStreams =
    OpenStandardStreams;

}  // namespace
