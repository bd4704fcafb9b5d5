// One instance of a program and its store: what a module's and a component's have alike.
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

// What the functions that a program imports find by the store that calls them: it is the store's
// data.
struct Caller {
  View* view = nullptr;
  // What a module's guest gave to `proc_exit`.
  std::optional<std::uint32_t> exit_code{};
};
Caller& CallerOf(wasmtime::Store::Context store);
// As namesake/wasmtime.h wants it.
View* FindView(void* env, wasmtime_context* store);

// Not yet instantiated when it is made: none of the guest's code has run. One thread at a time.
class Instance {
 public:
  // `view` outlives it.
  Instance(engine::GuestStore store, View& view);
  virtual ~Instance() = default;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // As Guest's; `Run` of a program that has a command.
  GuestEnd Run();
  Result<void> Call(const std::string& name);

  const engine::GuestStore& store() const { return store_; }

 protected:
  engine::GuestStore& store() { return store_; }
  Caller& caller() { return *caller_; }

 private:
  // Makes the instance; empty, or how its start function ended the guest.
  virtual std::optional<GuestEnd> Instantiate() = 0;
  // Both of an instance that is there.
  virtual GuestEnd CallCommand() = 0;
  virtual Result<void> CallExport(const std::string& name) = 0;

  GuestEnd RunToEnd();
  // Once: a start function that failed is not run again.
  const std::optional<GuestEnd>& InstantiateOnce();

  std::unique_ptr<Caller> caller_;
  engine::GuestStore store_;
  bool instantiated_ = false;
  std::optional<GuestEnd> end_at_start_;
};

}  // namespace namesake::guest

#endif  // NAMESAKE_GUEST_INSTANCE_H_
