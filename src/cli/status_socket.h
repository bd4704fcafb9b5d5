// Where `namesake workers` finds the commands that run guests, and what they tell it.
//
// A command listens on a socket in the abstract namespace (unix(7)), whose name has the user and
// the process: nothing is left of it when the process ends, in whatever way. Whoever connects gets
// the status as JSON, to the end of the stream, if it is the same user.
#ifndef NAMESAKE_CLI_STATUS_SOCKET_H_
#define NAMESAKE_CLI_STATUS_SOCKET_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "namesake/error.h"

namespace namesake::cli {

// Answers as long as it exists. Where there can be no socket or no thread, nobody can ask: no
// error.
class StatusSocket {
 public:
  // `status` is called on the socket's own thread.
  explicit StatusSocket(std::function<std::string()> status);
  StatusSocket(const StatusSocket&) = delete;
  StatusSocket& operator=(const StatusSocket&) = delete;
  ~StatusSocket();

 private:
  void Serve();
  void Answer(int asked) const;

  const std::function<std::string()> status_;
  base::FileDescriptor socket_;
  // Written to when it ends.
  base::FileDescriptor end_;
  std::thread thread_;
};

// The processes of this user that can be asked, in order.
std::vector<pid_t> ProcessesWithStatus();

// Asks one. Blocks for at most a few seconds. Errors: runtime_error.
Result<std::string> AskForStatus(pid_t process);

}  // namespace namesake::cli

#endif  // NAMESAKE_CLI_STATUS_SOCKET_H_
