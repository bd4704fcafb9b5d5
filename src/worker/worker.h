// One worker: a sandboxed process in which a backend runs the models of one user.
#ifndef NAMESAKE_WORKER_WORKER_H_
#define NAMESAKE_WORKER_WORKER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "namesake/account.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "protocol/connection.h"
#include "protocol/messages.h"
#include "worker/control_group.h"
#include "worker/launch.h"
#include "worker/lines.h"
#include "worker/log_lines.h"
#include "worker/slabs.h"
#include "worker/watch.h"
#include "worker/worker_list.h"

namespace namesake::worker {

struct WorkerOptions {
  std::filesystem::path program{};
  // The name and the encodings that the program must report.
  std::string backend{};
  std::vector<Encoding> encodings{};
  protocol::Prepare prepare{};
  // The control group in which its own is made; empty for none.
  std::filesystem::path control_group{};
  // How long the worker may go on after a call's deadline. What has not answered by then is killed.
  std::chrono::nanoseconds grace = std::chrono::seconds(2);
};

// Memory that a worker may still write.
using HeldMemory = std::vector<std::shared_ptr<const void>>;

// A call under way that nobody waits for any more. Thread-safe.
class LateCall {
 public:
  // Waits until the worker has answered or ended. Returns false if the deadline passes first.
  bool Await(Deadline deadline);
  // Holds the memory until then, and beyond that until the worker's process is gone, if it is
  // ended. Returns false if the call has settled already, and leaves the memory.
  bool Hold(HeldMemory& memory);
  // Returns what is held.
  HeldMemory Settle();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  bool settled_ = false;
  HeldMemory held_;
};

// Whether a call failed by the end of its worker.
enum class Ending : std::uint8_t {
  kNone,       // It did not.
  kBystander,  // The cause was another one, or nobody; or the call never reached the worker.
  kSuspect,    // The call may have been the cause.
};

// Opens the files that the worker asks for while it answers a call.
class FileSource {
 public:
  virtual ~FileSource() = default;
  // Returns a descriptor of its own, or an errno.
  virtual std::expected<base::FileDescriptor, int> Open(std::uint64_t file) = 0;
};

// A call's options, besides its message.
struct CallOptions {
  Deadline deadline = Deadline::Never();
  // Descriptors to send; borrowed.
  std::span<const int> files{};
  FileSource* source = nullptr;
  // Once it tells to stop, the worker has its grace to come to an end.
  std::stop_token stop{};
  // The verb for errors: "ran", as in "the worker that ran the model".
  std::string_view doing{};
  // The model's name for the operator, and the guest's own name for it, if it has one.
  std::string_view model{};
  std::string_view guests_name{};
  // Set by each call; null if nobody asks.
  Ending* ending = nullptr;
  // Set if the deadline passes while the worker goes on.
  std::shared_ptr<LateCall>* late = nullptr;
  // Called on the watch's thread if the call goes on beyond its grace, and ends the worker by that.
  std::function<void()> overrun{};
  // The graph that the call loads, which is dropped if the answer comes too late; 0 for none.
  std::uint64_t graph = 0;
};

// Thread-safe; always owned by a shared_ptr. A worker is nobody's until it is given to a user, for
// good. What a worker answers is checked like a guest's call: a worker that says anything but what
// it was asked is killed.
class Worker : public std::enable_shared_from_this<Worker> {
  struct MadeByStart {};

 public:
  // Starts the program, which makes itself ready meanwhile, for nobody yet. Errors: see `Launch`.
  static Result<std::shared_ptr<Worker>> Start(WorkerOptions options, std::shared_ptr<Watch> watch);
  Worker(MadeByStart /*only*/, WorkerOptions options, Launched launched,
         std::shared_ptr<Watch> watch);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  // Whose it is.
  struct Owned {
    // Such as `tenant "acme"`.
    std::string user{};
    WorkerPurpose purpose = WorkerPurpose::kServes;
    // Of the user's account: charged for the memory of the process from now on.
    Reservation memory{};
    // Among the user's workers; empty for one that does not count.
    Reservation place{};
    // Its observer learns of the start and the end.
    std::shared_ptr<WorkerList> workers{};
  };
  // Makes it the user's, with at most so much memory; empty for no limit. To be called once, before
  // what follows.
  void GiveTo(Owned owned, std::optional<std::uint64_t> most_bytes);

  // Waits until it is ready for calls. Errors: runtime_error and unsupported, with the program's
  // reason; timeout. `ending`, which may be null, becomes kBystander if a signal has ended it,
  // which may have come from anywhere.
  Result<protocol::Started> AwaitStarted(Deadline deadline, Ending* ending = nullptr);

  // Calls the worker, and waits for its answer of the kind `expected`, which `take` reads on this
  // thread; a `take` that fails or leaves something is an answer that nobody asked for. Errors:
  // timeout at the deadline; the error that the worker answers with; runtime_error, and
  // resource_exhausted for memory, if the worker ends.
  Result<void> Call(protocol::Kind kind, std::span<const std::byte> body, protocol::Kind expected,
                    const std::function<void(protocol::Reader&)>& take, const CallOptions& options);

  // Makes sure that the worker has mapped the pieces' slabs.
  Result<void> GiveSlabs(std::span<const SlabPiece> pieces, Deadline deadline,
                         Ending* ending = nullptr);

  WorkerStatus Status();
  // For whoever has loaded a graph, and whoever has a context in it.
  void AddModel(std::uint64_t graph, std::string label);
  void DropGraph(std::uint64_t graph) noexcept;
  void EnterContext() { ++contexts_; }
  void LeaveContext(std::uint64_t id) noexcept;
  // Restarts its idle time.
  void NoteUse() noexcept;
  // Since when it has had no context and no call; empty if it has one, or has ended.
  std::optional<std::chrono::steady_clock::time_point> IdleSince() const;

  // Lets go of what the worker holds, soon. Never blocks.
  void Drop(protocol::Dropped what, std::uint64_t id) noexcept;

  // To be called before each load. Returns true on the first call only: the worker has seen
  // nobody's bytes then.
  bool TakeClean() { return loads_.fetch_add(1) == 0; }
  bool clean() const { return loads_ == 0; }
  // Whether it has seen the bytes of one model at most.
  bool saw_one_model() const { return loads_ <= 1; }

  // Whether somebody has seen it start.
  bool is_ready() const { return is_ready_; }
  bool ended() const { return ended_; }
  // Whether neither it nor its keeper has ended, as far as the system knows by now.
  bool is_alive();
  // Ends the worker. `why` is for the error of the calls under way, such as "was stopped".
  void Kill(std::string why, std::optional<Error> instead = std::nullopt);
  // Ends the worker because nobody needs it, without a word of it in the log. Returns whether it
  // did.
  bool Retire();
  // Holds the memory until the worker's process is gone and can't write it any more.
  void HoldUntilGone(HeldMemory memory) noexcept;
  // Ends the worker for an answer that can't be, such as "what nobody had asked". Returns the error
  // of the call: runtime_error.
  std::unexpected<Error> EndForAnswering(std::string_view what);

 private:
  using Line = Lines::Line;
  using LinePtr = Lines::LinePtr;
  // The state in which a call leaves its line.
  enum class LineState : std::uint8_t {
    kTorn,   // Nobody knows what comes on it next.
    kWhole,  // The call was answered.
    kLate,   // The answer may come yet.
  };
  // The model of a call under way.
  class Running;

  // A callback of the watch's that calls the function while the worker lives.
  Watch::Callback On(bool (Worker::*function)());
  void StartWatching();
  std::string Owner();
  // Once its process and its user are known. The caller holds mutex_. Errors: runtime_error; the
  // watch limits its memory still.
  Result<void> EnterControlGroup();
  void TellOfStart();
  // The caller holds mutex_.
  WorkerStatus StatusLocked() const;
  bool OnKeeper();
  void TakeProcess(protocol::Message kept);
  bool OnLog();
  void DrainLog();
  void OnEnded(std::string how);
  bool TakeMemory();

  Result<protocol::Started> TakeStarted(const protocol::Received<protocol::Message>& message,
                                        Deadline deadline);
  Result<LinePtr> TakeLine(const CallOptions& options);
  Result<void> OpenLine(const base::FileDescriptor& end, const CallOptions& options);
  Result<void> Converse(Line& line, protocol::Kind kind, std::span<const std::byte> body,
                        protocol::Kind expected, const std::function<void(protocol::Reader&)>& take,
                        const CallOptions& options, LineState& state);
  // kFaulty if the worker may not ask for that, or not now.
  protocol::Received<void> AnswerOpen(Line& line, const protocol::Message& asked,
                                      FileSource* source);
  // The state of a call that nobody waits for any more, once its line is readable.
  enum class LateState : std::uint8_t { kGoesOn, kOver, kFaulty };
  static LateState StateOf(Line& line, protocol::Kind expected);
  std::shared_ptr<LateCall> LeaveLate(LinePtr line, protocol::Kind expected,
                                      const CallOptions& options);
  void EndUnlessOver(std::shared_ptr<std::atomic<bool>> over);
  std::string AwaitHow(Deadline deadline);
  // Waits until its process is known, or it has ended. Returns false at the deadline.
  bool AwaitProcess(Deadline deadline);
  std::unexpected<Error> EndedError(const CallOptions& options);
  // Whether the cause of its end is known, which then is another call or nobody's.
  enum class Cause : std::uint8_t { kUnknown, kKnown };
  void Kill(std::string why, Cause cause);
  // The caller holds mutex_.
  void KillLocked(std::string why, std::optional<Error> instead, Cause cause = Cause::kUnknown);
  void EndConversations() noexcept;
  bool IsGone() const;
  void FlushDrops() noexcept;

  const WorkerOptions options_;
  const std::shared_ptr<Watch> watch_;
  const std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
  base::FileDescriptor log_file_;
  LogLines log_;  // On the watch's thread.

  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> loads_ = 0;
  std::atomic<std::uint64_t> contexts_ = 0;
  std::atomic<std::uint64_t> calls_ = 0;
  // In the clock's own unit.
  std::atomic<std::chrono::steady_clock::rep> last_used_ = began_.time_since_epoch().count();
  std::atomic<bool> is_ready_ = false;
  std::atomic<bool> ended_ = false;

  // Held while somebody waits for its start.
  std::timed_mutex starting_;
  // Guarded by starting_:
  std::optional<Result<protocol::Started>> started_;
  // Nobody waits longer for a program that does not even start.
  Deadline start_by_ = Deadline::Never();

  std::mutex mutex_;
  // Notified when its process is known, and when it has ended.
  std::condition_variable changed_;
  // Guarded by mutex_:
  protocol::Connection first_;  // Received from under starting_.
  protocol::Connection keeper_;
  // The most memory of its process, once it is a user's; empty for no limit.
  std::optional<std::uint64_t> most_bytes_;
  std::shared_ptr<const ControlGroup> group_;
  Owned owned_;  // The user is empty while it is nobody's.
  std::map<std::uint64_t, std::string> graphs_;
  std::map<std::uint64_t, std::weak_ptr<const Slab>> slabs_;
  std::vector<protocol::Drop> drops_;
  base::FileDescriptor process_;
  base::FileDescriptor keeper_process_;
  pid_t pid_ = 0;
  std::string how_;        // Set once it has ended.
  std::string last_line_;  // Of its log, once it has ended.
  std::optional<std::string> why_;
  Cause cause_ = Cause::kUnknown;
  bool is_retired_ = false;
  bool was_signalled_ = false;
  std::optional<Error> instead_;
  std::multiset<std::string, std::less<>> models_;
  std::vector<Watch::Id> watches_;
};

}  // namespace namesake::worker

#endif  // NAMESAKE_WORKER_WORKER_H_
