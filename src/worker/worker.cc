#include "worker/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/fail.h"
#include "base/log.h"
#include "base/wait.h"
#include "worker/loader_line.h"

namespace namesake::worker {
namespace {

using protocol::Broken;
using protocol::Kind;

// A program that takes longer to start does something else.
constexpr std::chrono::seconds kStartTime{60};
// How long a worker may be gone before it is known how.
constexpr std::chrono::seconds kNewsTime{2};
// How often the memory of a worker is looked at: with a limit, often enough that little is taken
// beyond it.
constexpr std::chrono::milliseconds kMemoryPeriod{20};
constexpr std::chrono::seconds kIdleMemoryPeriod{1};

std::string HowText(const protocol::Ended& ended) {
  if (!ended.by_signal) return fmt::format("ended with exit status {}", ended.status);
  const char* const name = ::sigdescr_np(static_cast<int>(ended.status));
  return fmt::format("ended by signal {} ({})", ended.status, name == nullptr ? "unknown" : name);
}

// Private memory in bytes; empty if the kernel does not tell.
std::optional<std::uint64_t> PrivateBytes(pid_t process) {
  const std::string path = fmt::format("/proc/{}/statm", process);
  const base::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 128> text{};
  if (!file.valid() || ::read(file.get(), text.data(), text.size() - 1) <= 0) return std::nullopt;
  unsigned long long size = 0;
  unsigned long long resident = 0;
  unsigned long long shared = 0;
  if (std::sscanf(text.data(), "%llu %llu %llu", &size, &resident, &shared) != 3) {
    return std::nullopt;
  }
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return (resident - std::min(shared, resident)) * page;
}

Error NoMemory(const std::string& detail) {
  return Error(ErrorCode::kResourceExhausted,
               Wording("the worker took more memory than max_worker_memory_bytes allows", detail))
      .AtLimit("max_worker_memory_bytes");
}

protocol::Received<protocol::Message> TimedOut() { return std::unexpected(Broken::kTimeout); }

void SendKill(const base::FileDescriptor& process) {
  if (process.valid()) ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

}  // namespace

Worker::Worker(MadeByStart /*only*/, WorkerOptions options, Launched launched,
               std::shared_ptr<Watch> watch)
    : options_(std::move(options)),
      watch_(std::move(watch)),
      log_file_(std::move(launched.log)),
      first_(std::move(launched.first), protocol::Side::kHost),
      // It sends descriptors of processes.
      keeper_(std::move(launched.keeper), protocol::Side::kWorker),
      keeper_process_(std::move(launched.process)) {}

Result<std::shared_ptr<Worker>> Worker::Start(WorkerOptions options, std::shared_ptr<Watch> watch) {
  auto launched = Launch(options.program);
  if (!launched) return std::unexpected(launched.error().WithContext(options.backend));
  auto worker = std::make_shared<Worker>(MadeByStart{}, std::move(options), *std::move(launched),
                                         std::move(watch));
  protocol::Writer body;
  Put(worker->options_.prepare, body);
  // A program that can't run closes its end; AwaitStarted tells why.
  static_cast<void>(worker->first_.TrySend(Kind::kPrepare, 0, body.bytes(), {}));
  worker->StartWatching();
  return worker;
}

Watch::Callback Worker::On(bool (Worker::*function)()) {
  return [weak = weak_from_this(), function](Watch::News /*news*/) {
    const auto self = weak.lock();
    return self != nullptr && ((*self).*function)();
  };
}

void Worker::StartWatching() {
  const std::lock_guard lock(mutex_);
  watches_.reserve(3);
  watches_.push_back(watch_->OnReadable(keeper_.descriptor(), On(&Worker::OnKeeper)));
  watches_.push_back(watch_->OnReadable(log_file_.get(), On(&Worker::OnLog)));
}

void Worker::GiveTo(Owned owned, std::optional<std::uint64_t> limit) {
  // Beyond what counts, for memory that is reserved and never touched, such as threads' stacks. The
  // watch ends a worker that touches more than it may.
  constexpr std::uint64_t kUntouched = std::uint64_t{256} << 20;
  protocol::Start start;
  if (limit) start.max_memory_bytes = *limit + kUntouched;
  const std::chrono::nanoseconds period =
      limit ? std::chrono::nanoseconds(kMemoryPeriod) : std::chrono::nanoseconds(kIdleMemoryPeriod);
  protocol::Writer body;
  Put(start, body);
  {
    const std::lock_guard starting(starting_);
    start_by_ = Deadline::After(kStartTime);
  }
  Result<void> entered;
  {
    const std::lock_guard lock(mutex_);
    owned_ = std::move(owned);
    most_bytes_ = limit;
    entered = EnterControlGroup();
    static_cast<void>(first_.TrySend(Kind::kStart, 0, body.bytes(), {}));
    watches_.push_back(watch_->Every(period, On(&Worker::TakeMemory)));
  }
  if (!entered) base::Log().warn("{}", entered.error().detail());
}

Result<void> Worker::EnterControlGroup() {
  if (options_.control_group.empty() || !most_bytes_ || pid_ == 0 || group_ != nullptr) return {};
  // Its number may be another process's by now.
  if (IsGone()) return {};
  auto group = ControlGroup::Make(options_.control_group);
  if (!group) return base::Fail(std::move(group));
  if (auto confined = (*group)->Confine(pid_, *most_bytes_); !confined) return confined;
  group_ = *std::move(group);
  return {};
}

std::string Worker::Owner() {
  const std::lock_guard lock(mutex_);
  return owned_.user.empty() ? "nobody yet" : owned_.user;
}

Worker::~Worker() {
  for (const Watch::Id id : watches_) watch_->Remove(id);
  try {
    // What was logged before the last answer is not lost, nor is why it was ended just now.
    DrainLog();
    if (why_) OnEnded("ended");
  } catch (const std::bad_alloc&) {
    // Then it is.
  }
  // The keeper would do that too, but it may be stopped.
  if (how_.empty() || why_) SendKill(process_.valid() ? process_ : keeper_process_);
  // Where this process is the one to which orphans are given, such as the first of a container, the
  // keeper is reaped here.
  if (!keeper_process_.valid()) return;
  try {
    const auto keeper = std::make_shared<base::FileDescriptor>(std::move(keeper_process_));
    // Its control group can be removed only then.
    watch_->OnReadable(keeper->get(), [keeper, group = std::move(group_)](Watch::News /*news*/) {
      siginfo_t ignored{};
      ::waitid(P_PIDFD, static_cast<id_t>(keeper->get()), &ignored, WEXITED | WNOHANG);
      return false;
    });
  } catch (const std::bad_alloc&) {
    // Then it stays a zombie.
  }
}

void Worker::TakeProcess(protocol::Message kept) {
  protocol::Reader reader(kept.body);
  Result<void> entered;
  {
    const std::lock_guard lock(mutex_);
    process_ = std::move(kept.files[0]);
    pid_ = static_cast<pid_t>(reader.Number());
    entered = EnterControlGroup();
    changed_.notify_all();
    // Somebody may have wanted its end before its process was known.
    if (why_) SendKill(process_);
  }
  if (!entered) base::Log().warn("{}", entered.error().detail());
}

// The keeper is a process of ours that no model's bytes reach, so its messages need no suspicion.
bool Worker::OnKeeper() {
  auto message = keeper_.Receive(Deadline::After(kNewsTime));
  if (!message) {
    OnEnded("ended");
    return false;
  }
  if (message->kind == Kind::kKept && message->files.size() == 1) {
    TakeProcess(*std::move(message));
    return true;
  }
  if (message->kind == Kind::kStopped) {
    {
      const std::lock_guard lock(mutex_);
      was_signalled_ = true;
    }
    Kill("was stopped by a signal, and was ended");
    return true;
  }
  const auto ended = protocol::Read<protocol::Ended>(message->body);
  if (ended && ended->by_signal) {
    const std::lock_guard lock(mutex_);
    was_signalled_ = true;
  }
  OnEnded(message->kind == Kind::kEnded && ended ? HowText(*ended) : "ended");
  return false;
}

bool Worker::OnLog() {
  std::array<char, 4096> text{};
  const ::ssize_t count = ::read(log_file_.get(), text.data(), text.size());
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) {
    log_.Finish();
    return false;
  }
  log_.set_from(fmt::format("{} for {}", options_.backend, Owner()));
  log_.Take({text.data(), static_cast<std::size_t>(count)});
  return true;
}

// Takes what there is.
void Worker::DrainLog() {
  // A pipe holds at most this much.
  constexpr int kMostReads = 32;
  for (int i = 0; i < kMostReads; ++i) {
    pollfd polled = {.fd = log_file_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&polled, 1, 0) <= 0 || !OnLog()) return;
  }
}

void Worker::OnEnded(std::string how) {
  DrainLog();  // Its last lines may give the reason.
  std::string models;
  std::string owner;
  std::string text;
  bool was_started = false;
  bool is_retired = false;
  WorkerEnd end;
  std::shared_ptr<WorkerList> workers;
  {
    const std::lock_guard lock(mutex_);
    if (!how_.empty()) return;
    is_retired = is_retired_;
    workers = owned_.workers;
    end.worker = StatusLocked();
    end.running.assign(models_.begin(), models_.end());
    owner = owned_.user;
    if (!why_ && group_ != nullptr && group_->RanOut()) {
      why_ = "took more memory than its control group allows, and was ended";
      instead_ = NoMemory("its control group");
    }
    how_ = std::move(how);
    text = why_ ? *why_ : how_;
    last_line_ = log_.last();
    models = fmt::format("{}", fmt::join(models_, ", "));
    was_started = is_ready_;
    EndConversations();
  }
  if (owner.empty()) {
    // The next user gets another one.
    base::Log().warn("a spare worker of {} {}", options_.backend, text);
  }
  if (!was_started || is_retired) return;
  end.reason = text;
  if (workers != nullptr && workers->observer() != nullptr) workers->observer()->OnEnded(end);
  base::Log().error("the worker of {} for {} {}{}", options_.backend, owner, text,
                    models.empty() ? "" : " while it ran " + models);
}

// Nobody waits for an answer any more. The caller holds mutex_.
void Worker::EndConversations() noexcept {
  ended_ = true;
  owned_.place = {};
  if (!owned_.memory.empty()) static_cast<void>(owned_.memory.Resize(0));
  lines_->End();
  ::shutdown(first_.descriptor(), SHUT_RDWR);
  changed_.notify_all();
}

void Worker::Kill(std::string why, std::optional<Error> instead) {
  const std::lock_guard lock(mutex_);
  KillLocked(std::move(why), std::move(instead));
}

void Worker::Kill(std::string why, Cause cause) {
  const std::lock_guard lock(mutex_);
  KillLocked(std::move(why), std::nullopt, cause);
}

bool Worker::Retire() {
  const std::lock_guard lock(mutex_);
  if (why_ || !how_.empty() || !IdleSince()) return false;
  is_retired_ = true;
  KillLocked("was not needed any more, and was ended", std::nullopt, Cause::kKnown);
  return true;
}

void Worker::NoteUse() noexcept {
  last_used_ = std::chrono::steady_clock::now().time_since_epoch().count();
}

std::optional<std::chrono::steady_clock::time_point> Worker::IdleSince() const {
  if (ended_ || contexts_ > 0 || calls_ > 0) return std::nullopt;
  using Clock = std::chrono::steady_clock;
  return Clock::time_point(Clock::duration(last_used_.load()));
}

WorkerStatus Worker::StatusLocked() const {
  WorkerStatus status = {.backend = options_.backend,
                         .owner = owned_.user,
                         .purpose = owned_.purpose,
                         .process = pid_,
                         .memory_bytes = owned_.memory.amount(),
                         .uptime = std::chrono::steady_clock::now() - began_,
                         .contexts = contexts_,
                         .calls = calls_};
  for (const auto& [graph, label] : graphs_) status.models.push_back(label);
  return status;
}

WorkerStatus Worker::Status() {
  const std::lock_guard lock(mutex_);
  return StatusLocked();
}

void Worker::AddModel(std::uint64_t graph, std::string label) {
  const std::lock_guard lock(mutex_);
  graphs_.insert_or_assign(graph, std::move(label));
}

void Worker::DropGraph(std::uint64_t graph) noexcept {
  {
    const std::lock_guard lock(mutex_);
    graphs_.erase(graph);
  }
  Drop(protocol::Dropped::kGraph, graph);
}

void Worker::LeaveContext(std::uint64_t id) noexcept {
  NoteUse();
  --contexts_;
  Drop(protocol::Dropped::kContext, id);
}

void Worker::HoldUntilGone(HeldMemory memory) noexcept {
  if (memory.empty()) return;
  try {
    auto held = std::make_shared<HeldMemory>(std::move(memory));
    const std::lock_guard lock(mutex_);
    // Before its process is known, it has got no memory.
    if (!process_.valid() || IsGone()) return;
    auto process =
        std::make_shared<base::FileDescriptor>(::fcntl(process_.get(), F_DUPFD_CLOEXEC, 0));
    if (!process->valid()) return;
    watch_->OnReadable(process->get(),
                       [process, held = std::move(held)](Watch::News /*news*/) { return false; });
  } catch (const std::bad_alloc&) {
    // A killed process runs on for less than a millisecond.
  }
}

void Worker::KillLocked(std::string why, std::optional<Error> instead, Cause cause) {
  if (why_ || !how_.empty()) return;
  why_ = std::move(why);
  cause_ = cause;
  instead_ = std::move(instead);
  // Before its process is known, it ends with its keeper.
  SendKill(process_.valid() ? process_ : keeper_process_);
  EndConversations();
}

// Whether its process has ended. The caller holds mutex_.
bool Worker::IsGone() const {
  pollfd polled = {.fd = process_.get(), .events = POLLIN, .revents = 0};
  return process_.valid() && ::poll(&polled, 1, 0) > 0;
}

bool Worker::is_alive() {
  const std::lock_guard lock(mutex_);
  pollfd polled = {.fd = keeper_process_.get(), .events = POLLIN, .revents = 0};
  return !ended_ && !IsGone() && ::poll(&polled, 1, 0) == 0;
}

// Waits for the news how a worker has ended that has closed a connection. One that goes on is
// ended.
std::string Worker::AwaitHow(Deadline deadline) {
  const Deadline until = Deadline::Earlier(deadline, Deadline::After(kNewsTime));
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, *until.when(), [this] { return why_ || !how_.empty(); });
  if (!IsGone()) KillLocked("closed its connection, and was ended", std::nullopt);
  EndConversations();
  if (why_) return *why_;
  return how_.empty() ? "ended" : how_;
}

// Returns whether to look again.
bool Worker::TakeMemory() {
  pid_t pid = 0;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    pid = pid_;
  }
  if (pid == 0) return true;
  const auto bytes = PrivateBytes(pid);
  if (!bytes) return true;
  Result<void> taken;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    if (owned_.memory.empty()) return true;
    taken = owned_.memory.Resize(*bytes);
  }
  if (taken) return true;
  const std::string& detail = taken.error().detail();
  Kill(fmt::format("took more memory than it may ({}), and was ended", detail), NoMemory(detail));
  return false;
}

// The worker's first answer may come before its keeper's news of the process. Until then it is in
// no control group.
bool Worker::AwaitProcess(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return base::WaitUntil(changed_, lock, deadline, [this] { return pid_ != 0 || ended_; });
}

Result<protocol::Started> Worker::AwaitStarted(Deadline deadline, Ending* ending) {
  const auto answer = [&]() -> const Result<protocol::Started>& {
    const std::lock_guard lock(mutex_);
    if (!*started_ && was_signalled_ && ending != nullptr) *ending = Ending::kBystander;
    return *started_;
  };
  const auto too_early = [&] {
    return base::Fail(ErrorCode::kTimeout, "the backend {} is still starting", options_.backend);
  };
  std::unique_lock starting(starting_, std::defer_lock);
  if (deadline.never()) {
    starting.lock();
  } else if (!starting.try_lock_until(*deadline.when())) {
    return too_early();
  }
  if (started_) return answer();
  const Deadline until = Deadline::Earlier(deadline, start_by_);
  const auto message = AwaitProcess(until) ? first_.Receive(until) : TimedOut();
  if (!message && message.error() == Broken::kTimeout && !start_by_.passed()) return too_early();
  started_ = TakeStarted(message, deadline);
  is_ready_ = started_->has_value();
  if (is_ready_) TellOfStart();
  // The next call starts another worker.
  if (!is_ready_) Kill("could not start");
  return answer();
}

void Worker::TellOfStart() {
  WorkerStatus status;
  std::shared_ptr<WorkerList> workers;
  {
    const std::lock_guard lock(mutex_);
    status = StatusLocked();
    workers = owned_.workers;
  }
  if (workers != nullptr && workers->observer() != nullptr) workers->observer()->OnStarted(status);
}

Result<protocol::Started> Worker::TakeStarted(const protocol::Received<protocol::Message>& message,
                                              Deadline deadline) {
  const auto fail = [&](std::string_view why) {
    return base::Fail(ErrorCode::kRuntimeError, "the backend {} can't start{}", options_.backend,
                      Wording("", fmt::format(": {}", why)));
  };
  const auto fail_program = [&](std::string_view why) {
    return fail(fmt::format("its program {} {}", options_.program.string(), why));
  };
  constexpr std::string_view kOther = "is of another version of Namesake: install both together";
  if (!message && message.error() == Broken::kTimeout) return fail_program("does not answer");
  if (!message && message.error() == Broken::kFaulty) return fail_program(kOther);
  if (!message) {
    const std::string how = AwaitHow(deadline);
    const std::lock_guard lock(mutex_);
    return last_line_.empty() ? fail_program(how) : fail(ReadLoaderLine(last_line_));
  }
  if (message->kind == Kind::kFailed) {
    protocol::Reader reader(message->body);
    const Error error = protocol::TakeError(reader);
    if (!reader.Ended()) return fail_program(kOther);
    return std::unexpected(
        error.WithContext(base::Worded("the backend {} can't start", options_.backend)));
  }
  auto started = protocol::Read<protocol::Started>(message->body);
  const bool is_ours =
      message->kind == Kind::kStarted && started && started->version == protocol::kVersion &&
      started->backend == options_.backend && started->encodings == options_.encodings;
  if (!is_ours) return fail_program(kOther);
  const std::string owner = Owner();
  for (const std::string& missing : started->missing) {
    base::Log().warn("the sandbox of {} for {} lacks a part: {}", options_.backend, owner, missing);
  }
  return *std::move(started);
}

}  // namespace namesake::worker
