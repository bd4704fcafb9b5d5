// Calls to a worker, each over a line of its own, and what it asks meanwhile.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>

#include "base/fail.h"
#include "base/text.h"
#include "base/wait.h"
#include "worker/worker.h"

namespace namesake::worker {
namespace {

using protocol::Broken;
using protocol::Kind;

// A worker reads what the host sends at once.
constexpr std::chrono::seconds kSendTime{10};
// The most drops that may wait for a worker that does not read.
constexpr std::size_t kMostDrops = std::size_t{1} << 15;

constexpr std::string_view kNobodyAsked = "what nobody had asked";

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
