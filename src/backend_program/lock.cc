#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend_program/file_calls.h"
#include "backend_program/library_files.h"
#include "backend_program/sandbox.h"
#include "backend_program/system_calls.h"
#include "base/fail.h"
#include "base/file.h"

// The system's headers may be older than the kernel.
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

namespace namesake::backend_program {
namespace {

// Numbers of arch_prctl on x86-64, from ARCH_GET_XCOMP_SUPP on.
constexpr unsigned kMatrixSupport = 0x1021;
constexpr unsigned kMatrixAllowed = 0x1022;
constexpr unsigned kMatrixRequest = 0x1023;

using Comparisons = std::vector<scmp_arg_cmp>;

scmp_arg_cmp Is(unsigned argument, scmp_datum_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp IsNot(unsigned argument, scmp_datum_t value) {
  return {.arg = argument, .op = SCMP_CMP_NE, .datum_a = value, .datum_b = 0};
}
scmp_arg_cmp HasBits(unsigned argument, scmp_datum_t mask, scmp_datum_t bits) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = bits};
}

// When a call is allowed, and when it ends the process; each line is one way. The filter takes no
// rule for "otherwise", so both are spelled out.
struct Condition {
  std::string_view call;
  std::vector<Comparisons> allowed;
  std::vector<Comparisons> killed{};
};

std::vector<Comparisons> OneOf(unsigned argument, std::initializer_list<unsigned> values) {
  std::vector<Comparisons> ways;
  for (const unsigned value : values) ways.push_back({Is(argument, value)});
  return ways;
}

std::vector<Condition> Conditions(bool has_devices) {
  const auto self = static_cast<scmp_datum_t>(::getpid());
  const scmp_datum_t kind = MAP_TYPE | MAP_GROWSDOWN;
  // The drivers of GPUs and other accelerators, by the letter of their calls: DRM, NVIDIA's, and
  // AMD's for computing. Others' letters are those of sockets, terminals and file systems, which
  // would signal processes and change files.
  constexpr scmp_datum_t kLetter = 0xFF00;
  std::vector<Comparisons> control;
  if (has_devices) {
    for (const char driver : {'d', 'F', 'K'}) {
      control.push_back({HasBits(1, kLetter, static_cast<scmp_datum_t>(driver) << 8U)});
    }
  }
  return {
      {.call = "mmap",
       .allowed = {{HasBits(3, kind, MAP_PRIVATE)},
                   {HasBits(3, kind | MAP_ANONYMOUS, MAP_SHARED)}}},
      {.call = "ioctl", .allowed = std::move(control)},
      {.call = "clone",
       .allowed = {{HasBits(0, CLONE_THREAD, CLONE_THREAD)}},
       .killed = {{HasBits(0, CLONE_THREAD, 0)}}},
      {.call = "sched_setaffinity", .allowed = {{Is(0, 0)}}},
      {.call = "arch_prctl", .allowed = OneOf(0, {kMatrixSupport, kMatrixAllowed, kMatrixRequest})},
      {.call = "tgkill", .allowed = {{Is(0, self)}}, .killed = {{IsNot(0, self)}}},
      {.call = "fcntl",
       .allowed = OneOf(1, {F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC, F_GET_SEALS})},
      {.call = "sendto", .allowed = {{Is(4, 0)}}, .killed = {{IsNot(4, 0)}}},
      {.call = "prlimit64",
       .allowed = {{Is(0, 0), Is(2, 0)}, {Is(0, self), Is(2, 0)}},
       .killed = {{IsNot(2, 0)}}},
      {.call = "prctl", .allowed = OneOf(0, {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA})},
  };
}

struct Release {
  void operator()(void* filter) const { ::seccomp_release(filter); }
};
using FilterHandle = std::unique_ptr<void, Release>;

std::unexpected<Error> Failed(std::string_view what, int error) {
  return base::Fail(ErrorCode::kRuntimeError,
                    "can't restrict the system calls of a backend's process: {}: {}", what,
                    base::SystemWording(-error));
}

// The filter of libseccomp, while it is built.
class Filter {
 public:
  static Result<Filter> Make(const LockOptions& options);

  Result<void> Add(const SystemCall& call);
  Result<void> Load();

 private:
  Filter(FilterHandle handle, const LockOptions& options)
      : handle_(std::move(handle)), conditions_(Conditions(options.has_devices)) {}

  Result<void> AddRule(std::string_view name, std::uint32_t action, const Comparisons& comparisons);
  Result<void> AddConditions(const SystemCall& call);

  FilterHandle handle_;
  std::vector<Condition> conditions_;
};

Result<Filter> Filter::Make(const LockOptions& options) {
  FilterHandle handle(::seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (handle == nullptr) return Failed("the filter", -ENOMEM);
  struct Attribute {
    scmp_filter_attr name;
    std::uint32_t value;
  };
  // Calls in another architecture's numbers would pass by the names in the table. The filter is for
  // all threads. The kernel shall not slow down speculation, as its versions before 5.16 do for
  // threads with a filter: what the process could learn so is its own. The calls are found by
  // binary search.
  for (const auto& [name, value] :
       {Attribute{SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS},
        Attribute{SCMP_FLTATR_CTL_TSYNC, 1}, Attribute{SCMP_FLTATR_CTL_SSB, 1},
        Attribute{SCMP_FLTATR_CTL_OPTIMIZE, 2}}) {
    if (const int error = ::seccomp_attr_set(handle.get(), name, value); error != 0) {
      return Failed("its attributes", error);
    }
  }
  return Filter(std::move(handle), options);
}

Result<void> Filter::AddRule(std::string_view name, std::uint32_t action,
                             const Comparisons& comparisons) {
  const int number = ::seccomp_syscall_resolve_name(std::string(name).c_str());
  // Newer than the library: then it is refused like everything that the table lacks.
  if (number == __NR_SCMP_ERROR) return {};
  const int error = ::seccomp_rule_add_array(
      handle_.get(), action, number, static_cast<unsigned>(comparisons.size()), comparisons.data());
  if (error != 0) return Failed(name, error);
  return {};
}

Result<void> Filter::AddConditions(const SystemCall& call) {
  const auto condition = std::ranges::find(conditions_, call.name, &Condition::call);
  if (condition == conditions_.end()) {
    return base::FailInternal("the filter has no condition for {}", call.name);
  }
  for (const Comparisons& comparisons : condition->allowed) {
    if (auto added = AddRule(call.name, SCMP_ACT_ALLOW, comparisons); !added) return added;
  }
  for (const Comparisons& comparisons : condition->killed) {
    if (auto added = AddRule(call.name, SCMP_ACT_KILL_PROCESS, comparisons); !added) return added;
  }
  return {};
}

Result<void> Filter::Add(const SystemCall& call) {
  switch (call.verdict) {
    case Verdict::kAllow:
      return AddRule(call.name, SCMP_ACT_ALLOW, {});
    case Verdict::kAllowSome:
    case Verdict::kAllowSomeOrKill:
      return AddConditions(call);
    case Verdict::kAnswer:
      return AddRule(call.name, SCMP_ACT_TRAP, {});
    case Verdict::kUnknown:
      return AddRule(call.name, SCMP_ACT_ERRNO(ENOSYS), {});
    case Verdict::kKill:
      return AddRule(call.name, SCMP_ACT_KILL_PROCESS, {});
  }
  return base::FailInternal("the filter has no action for {}", call.name);
}

Result<void> Filter::Load() {
  const int error = ::seccomp_load(handle_.get());
  if (error == 0) return {};
  return base::Fail(
      ErrorCode::kUnsupported,
      "the kernel does not let a backend's process restrict its system calls (seccomp with filters "
      "for all threads, Linux 4.14 or newer), without which no backend can run in a sandbox{}",
      Wording("", ": " + base::SystemReason(-error)));
}

}  // namespace

struct SystemCallLock::Parts {
  Filter filter;
  LibraryFiles libraries;
};

SystemCallLock::SystemCallLock(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SystemCallLock::SystemCallLock(SystemCallLock&&) noexcept = default;
SystemCallLock& SystemCallLock::operator=(SystemCallLock&&) noexcept = default;
SystemCallLock::~SystemCallLock() = default;

Result<SystemCallLock> SystemCallLock::Make(const LockOptions& options) {
  auto filter = Filter::Make(options);
  if (!filter) return base::Fail(std::move(filter));
  for (const SystemCall& call : SystemCalls()) {
    if (auto added = filter->Add(call); !added) return base::Fail(std::move(added));
  }
  auto libraries = LibraryFiles::List(options.library_folders, options.libraries);
  if (!libraries) return base::Fail(std::move(libraries));
  return SystemCallLock(std::make_unique<Parts>(*std::move(filter), *std::move(libraries)));
}

Result<void> SystemCallLock::Close() {
  OpenNullDevice();
  if (auto installed = InstallTrap(std::move(parts_->libraries)); !installed) return installed;
  return parts_->filter.Load();
}

}  // namespace namesake::backend_program
