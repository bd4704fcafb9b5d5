// Guest programs and their runs.
//
//   auto engine = namesake::GuestEngine::Create();
//   if (!engine) return Show(engine.error());
//   auto program = (*engine)->Load("guest.wasm");
//   if (!program) return Show(program.error());
//   auto guest = program->NewGuest(configured_host, tenant, {.args = {"guest", "photo"}});
//   if (!guest) return Show(guest.error());
//   const namesake::GuestEnd end = guest->Run();
//
// A program is a module or a component that was compiled, linked and checked once. Each of its
// guests is one run of it: an instance with its own view, for one tenant. The view's limits bound
// the guest too: its memory and its time.
//
// To use your own Wasmtime engine instead, link a view with namesake/wasmtime.h.
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
// No stream: reads find nothing, and writes are discarded.
struct NoStream {};
// The source of a guest's input; a string is the whole input.
using GuestInput = std::variant<ProcessStream, NoStream, std::string>;
// The destination of a guest's output. A function is called on a thread of the engine, in the order
// of the writes; a guest that flushes continues only when the function has returned. It is not
// called after the guest's run has returned or the guest is destroyed. It must not throw, and must
// not block for long: the guest's run waits for it, whatever its deadline, and so may other guests'
// streams.
using GuestOutput = std::variant<ProcessStream, NoStream, std::function<void(std::string_view)>>;

// No network, or the host's own.
enum class GuestNetwork : std::uint8_t { kNone, kHost };

// What one guest is given.
struct GuestOptions {
  std::vector<std::string> args{};  // The first is the program's name.
  std::vector<std::pair<std::string, std::string>> env{};
  std::vector<GuestDirectory> directories{};
  GuestInput input = ProcessStream{};
  GuestOutput output = ProcessStream{};
  GuestOutput error = ProcessStream{};
  // Whether a component may use sockets and look up names. Modules never may.
  GuestNetwork network = GuestNetwork::kNone;

  // Replaces the tenant's `instance_limits`.
  std::optional<InstanceLimits> limits{};
  // Stops the guest on request: at its next call or loop or, if it is in a host call, when that
  // call returns.
  std::stop_token stop{};
  // Reports a guest that is overdue: that has not ended `overdue_grace` after its deadline or a
  // stop request. A guest in a host call can be stopped only when the call returns. Calls of
  // wasi-nn wait no longer than the guest has time, but an inference that a vendor's library can't
  // stop runs on, and so do WASI's own waits: a sleep, or a read of the process's standard input.
  // Called once, on a thread of the engine. Must not throw, must not wait for the guest (whose run
  // does not return before this does), and must not block for long: other guests' deadlines wait
  // for it.
  std::function<void()> on_overdue{};
  std::chrono::nanoseconds overdue_grace = std::chrono::seconds(1);
};

// The guest returned (0) or exited, with any code.
struct GuestExit {
  std::uint32_t code;
  // Set if a component's `run` returned an error, which carries no text; the code is then 1.
  bool returned_error = false;
};
// No code of the guest ran: the system or one of the guest's limits denied what it needs to start.
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

// One run of a program, not started yet. Movable. One thread at a time, except for the stop token.
// Keeps what it needs of the program and the host alive.
class NAMESAKE_API Guest {
 public:
  explicit Guest(std::unique_ptr<guest::Run> run);
  Guest(Guest&& other) noexcept;
  Guest& operator=(Guest&& other) noexcept;
  ~Guest();

  // Instantiates the program, which may run a start function, and calls the command: `_start` of a
  // module, `wasi:cli/run` of a component. Blocks until the guest ends. Call it once. A program
  // that can't be instantiated, or that is not a command, ends as a trap or as not started, with
  // the reason.
  GuestEnd Run();

  // Instantiates the program if that has not happened yet, and calls an export that has no
  // parameters and no results. One deadline covers all calls of the guest. Errors: invalid_argument
  // if there is no such export; runtime_error with the backtrace of a trap, or with the code of an
  // exit; timeout, also after a stop request.
  Result<void> Call(const std::string& name);

  // The view that serves the guest's calls.
  View& view() const;
  // The time at which the guest is stopped. `Never()` before its first instruction, and without a
  // timeout.
  Deadline deadline() const;

 private:
  std::unique_ptr<guest::Run> run_;
};

// A module or component, compiled, linked and checked. Any number of threads may make guests of it
// at once. Copies share the program. Keeps its engine alive.
class NAMESAKE_API GuestProgram {
 public:
  explicit GuestProgram(std::shared_ptr<const guest::Program> program);
  ~GuestProgram();
  GuestProgram(const GuestProgram&);
  GuestProgram(GuestProgram&&) noexcept;
  GuestProgram& operator=(const GuestProgram&);
  GuestProgram& operator=(GuestProgram&&) noexcept;

  GuestKind kind() const;
  // Whether its instances come from the engine's pool, and so cost microseconds. False if the
  // engine has no pool, or the program's memories or tables do not fit in it.
  bool is_pooled() const;
  // Checks that `Guest::Run` has something to call. Errors: invalid_argument.
  Result<void> CheckIsCommand() const;

  // Makes a guest for a tenant of the host, with its own view. Takes microseconds without
  // directories. No guest can write where the host lives: a directory through which it could change
  // what the host reads, including the program's own file, becomes read-only, and a warning is
  // logged (see `ConfiguredHost::UseDirectories`). While the guest lives, no reload brings a model
  // within its reach.
  //
  // Errors: invalid_argument for arguments that are not UTF-8, for a limit or stop token that the
  // engine was not made for, and for a directory through which the guest could change what the host
  // writes; runtime_error for a directory that can't be opened; too_large if the program's initial
  // memory exceeds `max_guest_memory_bytes`; unsupported for a shared memory under that limit.
  Result<Guest> NewGuest(ConfiguredHost& host, const Tenant& tenant,
                         GuestOptions options = {}) const;
  // Like the above, but for a host without a configuration. Only the caller knows where that host
  // lives, so the guest gets the directories as they are given (see `ReachedPlaces` of
  // namesake/places.h).
  Result<Guest> NewGuest(Host& host, const Tenant& tenant, GuestOptions options = {}) const;
  // Like the above, but with the caller's own view, which must outlive the guest. `options.limits`
  // bound only the guest's memory and time; the view's waits are bounded only by its own limits.
  Result<Guest> NewGuest(View& view, GuestOptions options = {}) const;

 private:
  std::shared_ptr<const guest::Program> program_;
};

struct GuestEngineOptions {
  // The directory that keeps compiled guests between processes, in the form of Wasmtime's own
  // cache; empty for none.
  std::optional<std::filesystem::path> module_cache_dir{};
  // Whether guests can have a timeout or a stop token. If so, all guests check the engine's epoch
  // at every loop and call, which makes them slower.
  bool interruptible = true;
  // Whether guests may have shared memories. Nothing bounds the growth of a shared memory, so no
  // guest of such an engine can have `max_guest_memory_bytes`. Nothing stops a guest that waits on
  // one (`memory.atomic.wait32`); only `on_overdue` reports it.
  bool shared_memories = false;
  // The number of instances whose memories and tables are mapped in advance and reused, so that an
  // instance costs microseconds; one instance more does not start. With 0, each instance maps its
  // own.
  std::uint32_t pooled_instances = 0;
};

// Compiles guests. One per process is enough. Thread-safe; kept alive by its programs.
class NAMESAKE_API GuestEngine : public std::enable_shared_from_this<GuestEngine> {
 public:
  // Errors: runtime_error with the engine's own words.
  static Result<std::shared_ptr<GuestEngine>> Create(const GuestEngineOptions& options = {});
  ~GuestEngine();
  GuestEngine(const GuestEngine&) = delete;
  GuestEngine& operator=(const GuestEngine&) = delete;

  // Compiles a module or component, binary or text (.wat), or takes it from the cache, and links it
  // to WASI, wasi-nn and `imports`. Runs none of its code. Slow when it compiles. Errors, with the
  // path: runtime_error for a file that can't be read; invalid_argument for a file that is neither,
  // and for an import that nobody provides, with the nearest one that exists; the errors of
  // `imports`.
  Result<GuestProgram> Load(const std::filesystem::path& file,
                            const GuestImports* imports = nullptr);
  // Like the above, but for bytes, which messages call `name`.
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
