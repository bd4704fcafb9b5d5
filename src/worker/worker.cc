#include "worker/worker.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <iterator>

#include "base/fail.h"
#include "base/log.h"
#include "base/text.h"
#include "base/wait.h"
#include "worker/loader_line.h"

namespace namesake::worker {
namespace {

using protocol::Broken;
using protocol::Kind;

// A program that takes longer to start does something else.
constexpr std::chrono::seconds kStartTime{60};
// A worker reads what the host sends at once.
constexpr std::chrono::seconds kSendTime{10};
// The most drops that may wait for a worker that does not read.
constexpr std::size_t kMostDrops = std::size_t{1} << 15;
// How long a worker may be gone before it is known how.
constexpr std::chrono::seconds kNewsTime{2};
// How often the memory of a worker is looked at: with a limit, often enough that little is taken
// beyond it.
constexpr std::chrono::milliseconds kMemoryPeriod{20};
constexpr std::chrono::seconds kIdleMemoryPeriod{1};

constexpr std::string_view kNobodyAsked = "what nobody had asked";

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

void SendKill(const base::FileDescriptor& process) {
  if (process.valid()) ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
}

// Opens a regular file beneath one of the folders, or with "." a folder itself.
std::expected<base::FileDescriptor, int> OpenBeneath(const std::vector<std::string>& folders,
                                                     const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  int error_number = ENOENT;
  for (const std::string& folder : folders) {
    const base::FileDescriptor directory(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    base::FileDescriptor file(
        static_cast<int>(::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how)));
    struct stat status{};
    const bool is_right = file.valid() && ::fstat(file.get(), &status) == 0 &&
                          (path == "." ? S_ISDIR(status.st_mode) : S_ISREG(status.st_mode));
    if (is_right) return file;
    if (!file.valid()) error_number = errno;
  }
  return std::unexpected(error_number);
}

std::unexpected<Error> NotInTime() {
  return base::Fail(ErrorCode::kTimeout, "the worker did not answer in time");
}

}  // namespace

bool LateCall::Await(Deadline deadline) {
  std::unique_lock lock(mutex_);
  return base::WaitUntil(changed_, lock, deadline, [this] { return settled_; });
}

bool LateCall::Hold(HeldMemory& memory) {
  const std::lock_guard lock(mutex_);
  if (settled_) return false;
  held_ = std::move(memory);
  return true;
}

HeldMemory LateCall::Settle() {
  const std::lock_guard lock(mutex_);
  settled_ = true;
  changed_.notify_all();
  return std::exchange(held_, {});
}

Worker::Worker(MadeByStart /*only*/, WorkerOptions options, Launched launched,
               std::shared_ptr<Watch> watch)
    : options_(std::move(options)),
      watch_(std::move(watch)),
      log_file_(std::move(launched.log)),
      first_(std::move(launched.first), protocol::Side::kHost),
      // It sends descriptors of processes.
      keeper_(std::move(launched.keeper), protocol::Side::kWorker),
      keeper_process_(std::move(launched.process)) {}

class Worker::Running {
 public:
  Running(Worker& worker, std::string_view model) : worker_(worker) {
    if (!model.empty()) {
      const std::lock_guard lock(worker_.mutex_);
      model_ = worker_.models_.emplace(model);
    }
    ++worker_.calls_;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    worker_.NoteUse();
    --worker_.calls_;
    if (!model_) return;
    const std::lock_guard lock(worker_.mutex_);
    worker_.models_.erase(*model_);
  }

 private:
  Worker& worker_;
  std::optional<decltype(Worker::models_)::iterator> model_;
};

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
  const auto message = first_.Receive(Deadline::Earlier(deadline, start_by_));
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

std::unexpected<Error> Worker::EndedError(const CallOptions& options) {
  const std::string how = AwaitHow(options.deadline);
  const std::lock_guard lock(mutex_);
  if (options.ending != nullptr) {
    *options.ending = cause_ == Cause::kKnown ? Ending::kBystander : Ending::kSuspect;
  }
  if (instead_) return std::unexpected(*instead_);
  const std::string guests = options.guests_name.empty()
                                 ? "the model"
                                 : fmt::format("\"{}\"", base::Printable(options.guests_name));
  const Wording model = {guests, options.model.empty() ? guests : std::string(options.model)};
  return base::Fail(ErrorCode::kRuntimeError, "the worker that {} {} {}", options.doing, model,
                    how);
}

std::unexpected<Error> Worker::EndForAnswering(std::string_view what) {
  std::string why = fmt::format("answered {}, and was ended", what);
  auto failed = base::Fail(ErrorCode::kRuntimeError, "the worker {}", why);
  Kill(std::move(why), Cause::kKnown);
  return failed;
}

// The answer to a call that is not sent is that the worker has ended.
Result<void> Worker::OpenLine(const base::FileDescriptor& end, const CallOptions& options) {
  const Deadline patience = Deadline::After(kSendTime);
  const std::array<int, 1> files = {end.get()};
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      const auto sent = first_.TrySend(Kind::kOpenConnection, 0, {}, files);
      if (sent || sent.error() != Broken::kTimeout) return {};
    }
    static_cast<void>(first_.AwaitRoom(Deadline::Earlier(options.deadline, patience)));
    if (options.deadline.passed()) return NotInTime();
    if (patience.passed()) Kill("does not read, and was ended");
  }
}

Result<Worker::LinePtr> Worker::TakeLine(const CallOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    if (!drops_.empty()) FlushDrops();
  }
  return lines_->Take(options.deadline,
                      [&](const base::FileDescriptor& end) { return OpenLine(end, options); });
}

protocol::Received<void> Worker::AnswerOpen(Line& line, const protocol::Message& asked,
                                            FileSource* source) {
  // One that asks on without reading would fill what all share: the system's room for descriptors
  // that nobody has received.
  if (!line.connection.AllReceived()) return std::unexpected(Broken::kFaulty);
  protocol::Reader reader(asked.body);
  std::expected<base::FileDescriptor, int> file = std::unexpected(EACCES);
  if (asked.kind == Kind::kOpenLibrary) {
    const std::string path = reader.Text();
    if (!reader.Ended()) return std::unexpected(Broken::kFaulty);
    const std::lock_guard starting(starting_);
    if (started_ && *started_) file = OpenBeneath((*started_)->library_folders, path);
  } else {
    const std::uint64_t index = reader.Number();
    if (!reader.Ended()) return std::unexpected(Broken::kFaulty);
    if (source != nullptr) file = source->Open(index);
  }
  protocol::Writer body;
  body.Number(file ? 0 : static_cast<std::uint64_t>(file.error()));
  const std::array<int, 1> files = {file ? file->get() : -1};
  return line.connection.Send(Kind::kOpened, asked.call, body.bytes(),
                              file ? std::span<const int>(files) : std::span<const int>(),
                              Deadline::After(kSendTime));
}

Result<void> Worker::Converse(Line& line, Kind kind, std::span<const std::byte> body, Kind expected,
                              const std::function<void(protocol::Reader&)>& take,
                              const CallOptions& options, LineState& state) {
  const auto late = [&] {
    state = LineState::kLate;
    return NotInTime();
  };
  const auto faulty = [&] {
    if (options.ending != nullptr) *options.ending = Ending::kSuspect;
    return EndForAnswering(kNobodyAsked);
  };
  const auto sent =
      line.connection.Send(kind, ++line.calls, body, options.files,
                           Deadline::Earlier(options.deadline, Deadline::After(kSendTime)));
  if (!sent && sent.error() == Broken::kClosed) return EndedError(options);
  if (!sent && options.deadline.passed()) return late();
  if (!sent) return faulty();
  for (;;) {
    const auto message = line.connection.Receive(options.deadline);
    if (!message && message.error() == Broken::kClosed) return EndedError(options);
    if (!message && message.error() == Broken::kTimeout) return late();
    if (!message) return faulty();
    if (message->call != line.calls || line.connection.HasMore()) return faulty();
    if (message->kind == Kind::kOpenFile || message->kind == Kind::kOpenLibrary) {
      const auto answered = AnswerOpen(line, *message, options.source);
      // It has asked, and has ended before the answer came.
      if (!answered && answered.error() == Broken::kClosed) return EndedError(options);
      if (!answered) return faulty();
      if (options.deadline.passed()) return late();
      continue;
    }
    protocol::Reader reader(message->body);
    std::optional<Error> failed;
    if (message->kind == Kind::kFailed) {
      failed = protocol::TakeError(reader);
    } else if (message->kind == expected) {
      take(reader);
    } else {
      return faulty();
    }
    if (!reader.Ended()) return faulty();
    state = LineState::kWhole;
    if (failed) return std::unexpected(*std::move(failed));
    return {};
  }
}

// Gives the worker its grace, since nobody waits for the call any more.
void Worker::EndUnlessOver(std::shared_ptr<std::atomic<bool>> over) {
  watch_->OnReadable(-1, Deadline::After(options_.grace),
                     [weak = weak_from_this(), over = std::move(over)](Watch::News /*news*/) {
                       const auto self = weak.lock();
                       if (self != nullptr && !*over) {
                         self->Kill("went on with what nobody waited for, and was ended",
                                    Cause::kKnown);
                       }
                       return false;
                     });
}

// A worker that asks for a file goes on with the call. It has no answer to that, so it asks for one
// at a time, and by a name that is no longer than a path.
Worker::LateState Worker::StateOf(Line& line, Kind expected) {
  const auto message = line.connection.Receive(Deadline::After(std::chrono::nanoseconds(0)));
  if (!message) {
    return message.error() == Broken::kTimeout ? LateState::kGoesOn : LateState::kOver;
  }
  if (message->call != line.calls || line.connection.HasMore()) return LateState::kFaulty;
  if (message->kind == expected || message->kind == Kind::kFailed) return LateState::kOver;
  const bool asks = message->kind == Kind::kOpenFile || message->kind == Kind::kOpenLibrary;
  return asks && message->body.size() <= 2 * std::size_t{PATH_MAX} ? LateState::kGoesOn
                                                                   : LateState::kFaulty;
}

std::shared_ptr<LateCall> Worker::LeaveLate(LinePtr line, Kind expected,
                                            const CallOptions& options) {
  auto late = std::make_shared<LateCall>();
  const std::shared_ptr<Line> kept = std::move(line);
  // The line is closed, whatever comes: nobody needs the answer.
  watch_->OnReadable(kept->connection.descriptor(), Deadline::After(options_.grace),
                     [weak = weak_from_this(), kept, late, graph = options.graph,
                      overrun = options.overrun, expected](Watch::News news) {
                       auto state = LateState::kOver;
                       if (news == Watch::News::kReadable) state = StateOf(*kept, expected);
                       if (state == LateState::kGoesOn) return true;
                       if (const auto self = weak.lock()) {
                         if (news == Watch::News::kTimeout) {
                           self->Kill("went on after its deadline, and was ended", Cause::kKnown);
                           if (overrun) overrun();
                         } else if (state == LateState::kFaulty) {
                           static_cast<void>(self->EndForAnswering(kNobodyAsked));
                         } else if (graph != 0) {
                           self->Drop(protocol::Dropped::kGraph, graph);
                         }
                       }
                       HeldMemory held = late->Settle();
                       const auto self = weak.lock();
                       if (self != nullptr && self->ended()) self->HoldUntilGone(std::move(held));
                       return false;
                     });
  return late;
}

Result<void> Worker::Call(Kind kind, std::span<const std::byte> body, Kind expected,
                          const std::function<void(protocol::Reader&)>& take,
                          const CallOptions& options) {
  if (options.ending != nullptr) *options.ending = Ending::kNone;
  const Running running(*this, options.model);
  auto line = TakeLine(options);
  if (!line) return base::Fail(std::move(line));
  if (*line == nullptr) {
    auto ended = EndedError(options);
    if (options.ending != nullptr) *options.ending = Ending::kBystander;
    return ended;
  }
  std::shared_ptr<std::atomic<bool>> over;
  if (options.stop.stop_possible()) over = std::make_shared<std::atomic<bool>>(false);
  const std::stop_callback on_stop(options.stop, [&] { EndUnlessOver(over); });
  auto state = LineState::kTorn;
  auto done = Converse(**line, kind, body, expected, take, options, state);
  if (over != nullptr) *over = true;
  if (state == LineState::kLate) {
    auto late = LeaveLate(*std::move(line), expected, options);
    if (options.late != nullptr) *options.late = std::move(late);
  } else if (state == LineState::kWhole) {
    lines_->GiveBack(*std::move(line));
  }
  return done;
}

Result<void> Worker::GiveSlabs(std::span<const SlabPiece> pieces, Deadline deadline,
                               Ending* ending) {
  std::vector<std::shared_ptr<const Slab>> given;
  {
    const std::lock_guard lock(mutex_);
    for (const SlabPiece& piece : pieces) {
      if (piece.slab == nullptr || slabs_.contains(piece.slab->id())) continue;
      if (std::ranges::find(given, piece.slab) == given.end()) given.push_back(piece.slab);
    }
    if (given.empty()) return {};
    for (auto it = slabs_.begin(); it != slabs_.end();) {
      const auto next = std::next(it);
      if (it->second.expired()) {
        drops_.push_back({protocol::Dropped::kSlab, it->first});
        slabs_.erase(it);
      }
      it = next;
    }
  }
  for (std::size_t i = 0; i < given.size(); i += protocol::Connection::kMostFiles) {
    std::vector<protocol::Slab> slabs;
    std::vector<int> files;
    const std::size_t end = std::min(given.size(), i + protocol::Connection::kMostFiles);
    for (std::size_t j = i; j < end; ++j) {
      slabs.push_back({.id = given[j]->id(),
                       .bytes = given[j]->bytes(),
                       .writable = given[j]->use() == SlabUse::kOutput});
      files.push_back(given[j]->file().get());
    }
    protocol::Writer body;
    Put(slabs, body);
    auto added = Call(Kind::kAddSlabs, body.bytes(), Kind::kDone, [](protocol::Reader&) {},
                      {.deadline = deadline, .files = files, .doing = "ran", .ending = ending});
    if (!added) return added;
    const std::lock_guard lock(mutex_);
    for (std::size_t j = i; j < end; ++j) slabs_.emplace(given[j]->id(), given[j]);
  }
  return {};
}

// In messages that are small enough to be sent whole or not at all.
void Worker::FlushDrops() noexcept {
  constexpr std::size_t kMost = 256;
  try {
    while (!drops_.empty() && !ended_) {
      const auto some =
          std::span<const protocol::Drop>(drops_).last(std::min(drops_.size(), kMost));
      protocol::Writer body;
      protocol::Put(some, body);
      const auto sent = first_.TrySend(Kind::kDrop, 0, body.bytes(), {});
      if (!sent && sent.error() == Broken::kTimeout) {
        // The worker has not read what was sent before.
        if (drops_.size() > kMostDrops) KillLocked("does not read, and was ended", std::nullopt);
        return;
      }
      drops_.resize(drops_.size() - some.size());
    }
  } catch (const std::bad_alloc&) {
    // The next call tries again.
  }
}

void Worker::Drop(protocol::Dropped what, std::uint64_t id) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    drops_.push_back({what, id});
    FlushDrops();
  } catch (const std::bad_alloc&) {
    // Then the worker keeps it until it ends.
  }
}

}  // namespace namesake::worker
