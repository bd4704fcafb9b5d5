// An instance of a program with its store: what modules and components have in common.
#ifndef NAMESAKE_GUEST_INSTANCE_H_
#define NAMESAKE_GUEST_INSTANCE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <wasmtime.hh>

#include "engine/guest_store.h"
#include "namesake/error.h"
#include "namesake/guest.h"
#include "namesake/view.h"

namespace namesake::guest {

// The store's data, through which imported functions find the view of the calling store.
struct Caller {
  View* view = nullptr;
  // The code that a module passed to `proc_exit`.
  std::optional<std::uint32_t> exit_code{};
};
Caller& CallerOf(wasmtime::Store::Context store);
// Has the signature that namesake/wasmtime.h requires.
View* FindView(void* env, wasmtime_context* store);

// Starts without running any of the guest's code: Run and Call instantiate it. One thread at a
// time.
class Instance {
 public:
  // `view` must outlive it.
  Instance(engine::GuestStore store, View& view);
  virtual ~Instance() = default;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Like Guest's; `Run` only for a program that has a command.
  GuestEnd Run();
  Result<void> Call(const std::string& name);

  const engine::GuestStore& store() const { return store_; }

 protected:
  engine::GuestStore& store() { return store_; }
  Caller& caller() { return *caller_; }

 private:
  // Instantiates the program. Empty, or the end of a guest whose start function ended it.
  virtual std::optional<GuestEnd> Instantiate() = 0;
  // Both are only called on an instantiated guest.
  virtual GuestEnd CallCommand() = 0;
  virtual Result<void> CallExport(const std::string& name) = 0;

  GuestEnd RunToEnd();
  // Instantiates once: a start function that failed is not run again.
  const std::optional<GuestEnd>& InstantiateOnce();

  std::unique_ptr<Caller> caller_;
  engine::GuestStore store_;
  bool instantiated_ = false;
  std::optional<GuestEnd> end_at_start_;
};

}  // namespace namesake::guest

#endif  // NAMESAKE_GUEST_INSTANCE_H_
