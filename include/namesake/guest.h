// Guest programs and their runs.
//
//   auto engine = namesake::GuestEngine::Create();
//   auto program = (*engine)->Load("guest.wasm");
//   auto guest = program->NewGuest(*configured_host, *tenant, {.args = {"guest", "photo"}});
//   const namesake::GuestEnd end = guest->Run();
//
// A program is a module or a component that was compiled, linked and checked once. Each of its
// guests is one run of it: an instance with a view of its own, of one tenant. The limits of the
// view hold for the guest too: its memory and its time.
//
// An embedder of a Wasmtime engine of its own links a view by namesake/wasmtime.h instead.
#ifndef NAMESAKE_GUEST_H_
#define NAMESAKE_GUEST_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "namesake/configured_host.h"
#include "namesake/deadline.h"
#include "namesake/error.h"
#include "namesake/export.h"
#include "namesake/guest_directory.h"
#include "namesake/host.h"
#include "namesake/limits.h"
#include "namesake/places.h"
#include "namesake/view.h"

namespace namesake {

namespace guest {
class Program;
class Run;
}  // namespace guest

struct GuestImports;  // namesake/wasmtime.h

// The process's own standard stream.
struct ProcessStream {};
// None: nothing is read, and what is written goes nowhere.
struct NoStream {};
// Where what a guest reads comes from; a text is all that there is to read.
using GuestInput = std::variant<ProcessStream, NoStream, std::string>;
// Where what a guest writes goes. A function gets it on a thread of the engine's, in order and
// before a guest that flushes goes on; nothing more when the guest's run has returned, or the guest
// is gone. Must not throw, and must not block for long: a guest's run waits for it, whatever time
// it has, and so may other guests' streams.
using GuestOutput = std::variant<ProcessStream, NoStream, std::function<void(std::string_view)>>;

// The host's own network, or none at all.
enum class GuestNetwork : std::uint8_t { kNone, kHost };

// What one guest is given.
struct GuestOptions {
  std::vector<std::string> args{};  // The first is the program's name.
  std::vector<std::pair<std::string, std::string>> env{};
  std::vector<GuestDirectory> directories{};
  GuestInput input = ProcessStream{};
  GuestOutput output = ProcessStream{};
  GuestOutput error = ProcessStream{};
  // Whether a component may use sockets and look names up. Modules have none in any case.
  GuestNetwork network = GuestNetwork::kNone;

  // In place of the tenant's `instance_limits`.
  std::optional<InstanceLimits> limits{};
  // Ends the guest when it is asked to stop: at the guest's next call or loop, and where it is in a
  // call of the host, when that call returns.
  std::stop_token stop{};
  // A guest that is in a call of the host is ended only when that call returns. Those of wasi-nn
  // wait no longer than the guest has time; an inference that a vendor's library can't stop does,
  // and so do WASI's own waits: a sleep, a read of the process's standard input. This is called
  // when a guest has not ended `overdue_grace` after its deadline or after it was asked to stop,
  // once, on a thread of the engine's. Must not throw, must not wait for the guest, whose run
  // returns only when this has, and must not block for long: other guests' deadlines wait for it.
  std::function<void()> on_overdue{};
  std::chrono::nanoseconds overdue_grace = std::chrono::seconds(1);
};

// The guest ended by returning (0) or by exiting, with any code that it likes.
struct GuestExit {
  std::uint32_t code;
  // A component whose `run` returned an error, which has no words; the code is 1.
  bool returned_error = false;
};
// Nothing of the guest ran: the system, or a limit of the guest's, denied what it needs to begin.
struct GuestNotStarted {
  std::string reason;
};
// The guest trapped; `backtrace` says where and why.
struct GuestTrap {
  std::string backtrace;
};
// The guest was stopped after its `guest_timeout`; `backtrace` says where.
struct GuestTimeout {
  std::chrono::nanoseconds timeout;
  std::string backtrace;
};
// The guest was stopped by its stop token; `backtrace` says where.
struct GuestStopped {
  std::string backtrace;
};
using GuestEnd = std::variant<GuestExit, GuestTrap, GuestTimeout, GuestStopped, GuestNotStarted>;

enum class GuestKind : std::uint8_t { kModule, kComponent };

// One run of a program, which has not begun. Movable. One thread at a time, but for the stop token.
// Keeps what it needs of the program and the host.
class NAMESAKE_API Guest {
 public:
  explicit Guest(std::unique_ptr<guest::Run> run);
  Guest(Guest&& other) noexcept;
  Guest& operator=(Guest&& other) noexcept;
  ~Guest();

  // Instantiates the program, which may run a start function, and calls the command: `_start` of a
  // module, `wasi:cli/run` of a component. Blocks until the guest ends. Once. A program that can't
  // be instantiated, and one that is no command, ends as a trap or not started, and says why.
  GuestEnd Run();

  // Instantiates the program where it is not yet, and calls an export without parameters and
  // results. Whatever is called, the guest has one deadline. Errors: invalid_argument without such
  // an export; runtime_error with the backtrace of a trap, or with the code of an exit; timeout,
  // for one that was asked to stop too.
  Result<void> Call(const std::string& name);

  // What the guest's calls are made on.
  View& view() const;
  // When its time ends. `Never()` before its first instruction, and without a timeout.
  Deadline deadline() const;

 private:
  std::unique_ptr<guest::Run> run_;
};

// A module or component, compiled, linked and checked: any number of threads may make guests of it
// at once. Copies are the same program. Keeps its engine alive.
class NAMESAKE_API GuestProgram {
 public:
  explicit GuestProgram(std::shared_ptr<const guest::Program> program);
  ~GuestProgram();
  GuestProgram(const GuestProgram&);
  GuestProgram(GuestProgram&&) noexcept;
  GuestProgram& operator=(const GuestProgram&);
  GuestProgram& operator=(GuestProgram&&) noexcept;

  GuestKind kind() const;
  // Whether its instances come from the engine's pool, and so cost microseconds. Not where the
  // engine has none, and not for a program whose memories or tables the pool does not fit.
  bool is_pooled() const;
  // Whether `Guest::Run` has something to call. Errors: invalid_argument.
  Result<void> CheckIsCommand() const;

  // A guest of a tenant of the host, with a view of its own; costs microseconds without
  // directories. No guest writes where the host lives: a directory by which it could change what
  // the host reads, the program's own file among it, becomes read-only, which is logged as a
  // warning, as `ConfiguredHost::UseDirectories` says; as long as the guest lives no reload brings
  // a model there.
  //
  // Errors: invalid_argument for arguments that are not UTF-8, for a limit that the engine was not
  // made for, and for a directory by which the guest could change what the host writes;
  // runtime_error for a directory that can't be opened; too_large for a memory that begins above
  // `max_guest_memory_bytes`; unsupported for a shared memory where there is such a limit.
  Result<Guest> NewGuest(ConfiguredHost& host, const Tenant& tenant,
                         GuestOptions options = {}) const;
  // The same of a host that nobody configured. Where it lives its maker alone knows: the guest gets
  // the directories as they are given (see `ReachedPlaces` of namesake/places.h).
  Result<Guest> NewGuest(Host& host, const Tenant& tenant, GuestOptions options = {}) const;
  // The same with a view of the caller's own, which outlives the guest. `options.limits` are the
  // guest's memory and time alone, and nothing bounds the view's waits but its own limits.
  Result<Guest> NewGuest(View& view, GuestOptions options = {}) const;

 private:
  std::shared_ptr<const guest::Program> program_;
};

struct GuestEngineOptions {
  // Where compiled guests are kept between processes, in the form of Wasmtime's own cache; empty
  // for nowhere.
  std::optional<std::filesystem::path> module_cache_dir{};
  // Whether guests can have a timeout or a stop token. All look at the engine's epoch at every loop
  // and call then, which makes them slower.
  bool interruptible = true;
  // Whether guests may have shared memories. Nothing bounds the growth of these, so that no guest
  // of the engine can have `max_guest_memory_bytes` then; and nothing ends a guest that waits on
  // one
  // (`memory.atomic.wait32`), which `on_overdue` alone tells of.
  bool shared_memories = false;
  // Memories and tables for so many instances at once are mapped beforehand and used again, which
  // makes an instance cost microseconds; one more does not start. 0: each instance maps its own.
  std::uint32_t pooled_instances = 0;
};

// Compiles guests. One for a process is enough. Thread-safe; its programs keep it alive.
class NAMESAKE_API GuestEngine : public std::enable_shared_from_this<GuestEngine> {
 public:
  // Errors: runtime_error with the engine's own words.
  static Result<std::shared_ptr<GuestEngine>> Create(const GuestEngineOptions& options = {});
  ~GuestEngine();
  GuestEngine(const GuestEngine&) = delete;
  GuestEngine& operator=(const GuestEngine&) = delete;

  // Compiles a file, module or component, binary or text (.wat), or takes it from the cache; and
  // links it: its imports are WASI's, wasi-nn's and those of `imports`. None of its code runs. Slow
  // when it compiles. Errors, with the path: runtime_error for a file that can't be read;
  // invalid_argument for what is neither, and for an import that nobody serves, with the nearest
  // that is; those of `imports`.
  Result<GuestProgram> Load(const std::filesystem::path& file,
                            const GuestImports* imports = nullptr);
  // The same of bytes, which messages call `name`.
  Result<GuestProgram> Load(std::span<const std::byte> bytes, std::string_view name,
                            const GuestImports* imports = nullptr);

  // The engine's version, such as "48.0.8".
  static std::string Version();

 private:
  struct State;
  explicit GuestEngine(std::unique_ptr<State> state);
  Result<GuestProgram> Load(std::span<const std::byte> bytes, const std::string& name,
                            std::vector<Place> places, const GuestImports* imports);

  std::unique_ptr<State> state_;
};

}  // namespace namesake

#endif  // NAMESAKE_GUEST_H_
