// A compiled, linked and checked program.
#ifndef NAMESAKE_GUEST_PROGRAM_H_
#define NAMESAKE_GUEST_PROGRAM_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/guest_store.h"
#include "engine/runtime.h"
#include "guest/instance.h"
#include "namesake/error.h"
#include "namesake/guest.h"
#include "namesake/places.h"
#include "namesake/view.h"
#include "namesake/wasmtime.h"

namespace namesake::guest {

// Where a program came from, and its engine.
struct Origin {
  std::shared_ptr<GuestEngine> engine{};
  std::shared_ptr<engine::Runtime> runtime{};
  bool is_pooled = false;
  // The program's file, if it has one, and the engine's cache: no guest may change them.
  std::vector<Place> places{};
};

// Immutable; safe for all threads.
class Program {
 public:
  explicit Program(Origin origin) : origin_(std::move(origin)) {}
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const Origin& origin() const { return origin_; }

  virtual GuestKind kind() const = 0;
  // Empty, or the reason why it has no command.
  virtual std::optional<std::string> WhyNoCommand() const = 0;
  // Errors: too_large for a memory that starts above the limit; unsupported for a shared one.
  virtual Result<void> CheckMemories(std::uint64_t max_bytes) const = 0;
  // `view` and the program must outlive the instance.
  virtual std::unique_ptr<Instance> NewInstance(engine::GuestStore store, View& view) const = 0;

 private:
  const Origin origin_;
};

// Errors of both functions: invalid_argument for an import that is not served; errors of `imports`.
Result<std::shared_ptr<const Program>> LinkModule(Origin origin, const wasmtime::Module& module,
                                                  const GuestImports& imports);
Result<std::shared_ptr<const Program>> LinkComponent(
    Origin origin, const wasmtime::component::Component& component, const GuestImports& imports);

}  // namespace namesake::guest

#endif  // NAMESAKE_GUEST_PROGRAM_H_
