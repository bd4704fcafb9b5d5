// Guests in component text, for what no compiled guest does: one core module over wasi:nn, whose
// calls are placed between a common prelude and end.
#ifndef NAMESAKE_TESTS_ABI_WIT_GUEST_H_
#define NAMESAKE_TESTS_ABI_WIT_GUEST_H_

#include <string>
#include <string_view>
#include <wasmtime/component.hh>

#include "abi/abi_host.h"
#include "engine/runtime.h"
#include "namesake/error.h"
#include "namesake/view.h"

namespace namesake::test {

// The body may use these functions, with the parameters of the canonical ABI:
//
//   $tensor_new $tensor_data $tensor_drop  $load $load_by_name $init_context  $graph_drop
//   $context_drop  $error_data $error_drop
//   $set_input $compute $get_output        of 2024-06-25 and 2024-08-19
//   $compute_all                           of 2024-10-28
//   $identity $tensor $graph $context      make the named object of the model "identity", or trap,
//                                          and return its handle; $context takes a graph
//   $given                                 a context with its input set and computed
//
// Its memory has two pages: "identity" at 0, the extents 2 and 3 at 16, and zeros at 32, from which
// the tensors are made. Results go to 256, and lists from the host to 1024 and above.
struct WitGuest {
  std::string_view version = "2024-06-25";
  std::string body;  // The body of the export "go".
  // The guest's allocator; it may use $old, $old_size, $alignment and $size.
  std::string realloc = "(i32.const 1024)";
  // The body of a start function.
  std::string start{};
};

inline const InstanceLimits kNoGuestLimits;

std::string WitGuestWat(const WitGuest& guest);

// A component of two, each over its own version, whose functions are exported as "go-1" and "go-2".
std::string ComposedWat(const WitGuest& first, const WitGuest& second);

// Throws std::runtime_error for an invalid component.
wasmtime::component::Component CompileComponentWat(engine::Runtime& runtime,
                                                   const std::string& wat);

// A guest in component text, over `view`.
Result<Guest> NewComponent(const std::string& wat, View& view,
                           const InstanceLimits& limits = kNoGuestLimits,
                           GuestEngine& engine = TestEngine());

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_WIT_GUEST_H_
