// A host for the guests of tests/abi: the models that they look up, and what they import in
// addition to wasi-nn and WASI to print and to look behind the interface.
#ifndef NAMESAKE_TESTS_ABI_ABI_HOST_H_
#define NAMESAKE_TESTS_ABI_ABI_HOST_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>
#include <wasmtime.hh>

#include "backend_fake/fake_backend.h"
#include "engine/runtime.h"
#include "namesake/guest.h"
#include "namesake/host.h"
#include "namesake/wasmtime.h"

namespace namesake::test {

// The table in abi_host.cc lists the models' names.
class AbiHost {
 public:
  // Leaves room for `max_guest_models` models in addition to the registered ones. With isolation by
  // tenant the models run in workers.
  explicit AbiHost(std::optional<std::uint64_t> max_guest_models = std::nullopt,
                   Isolation isolation = Isolation::kProcess);
  ~AbiHost();

  Host& host() { return *host_; }
  // A view of a new tenant.
  std::unique_ptr<View> NewView(TenantOptions tenant, std::vector<GuestDirectory> directories = {});
  fake::Counters& counters() { return counters_; }
  // What was last asked to be loaded, such as "onnx cpu 12+9 bytes".
  std::string LastLoad() const;

  // Fails the test if a context is alive, or a graph that no registered model owns. Waits a little
  // for loads whose callers have gone.
  void ExpectNothingLeft();
  // Also checks the account of a view that has ended.
  void ExpectNothingLeft(const Account& account);
  // Fails the test unless a new view can run an inference.
  void ExpectServes();

 private:
  class RecordingBackend;

  int RegisteredGraphs() const;

  // All that have had a view, and the default one.
  std::vector<std::shared_ptr<const Tenant>> tenants_;
  Isolation isolation_;

  fake::Counters counters_;
  mutable std::mutex mutex_;
  std::string last_load_;  // Guarded by mutex_.
  std::unique_ptr<Host> host_;
};

// What one guest has printed, and what guests pass to each other.
struct GuestIo {
  std::string output;
  std::uint32_t kept = 0;
};

// One engine for all tests in the process; its guests can't be stopped, and may have shared
// memories.
GuestEngine& TestEngine();
// An engine like an embedder's own.
engine::Runtime& TestRuntime();
wasmtime::Module CompileWat(const std::string& wat);

// A program in text form, called "guest.wat" in messages.
Result<GuestProgram> LoadWat(std::string_view wat, const GuestImports& imports = {},
                             GuestEngine& engine = TestEngine());

// A guest in text form over `view`, with the module "test" bound to `host` and `io`; all three must
// outlive the guest.
Result<Guest> NewGuest(const std::string& wat, AbiHost& host, View& view, GuestIo& io);

// "exit N", "trap" or "timeout".
std::string EndText(const GuestEnd& end);

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_ABI_HOST_H_
