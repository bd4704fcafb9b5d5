// Guests in component text, for what no compiled guest does: one core module over wasi:nn, whose
// calls stand between a prelude and an end that all have.
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

// The body may use, with the parameters that the canonical ABI gives them:
//
//   $tensor_new $tensor_data $tensor_drop  $load $load_by_name $init_context  $graph_drop
//   $context_drop  $error_data $error_drop
//   $set_input $compute $get_output        of 2024-06-25 and 2024-08-19
//   $compute_all                           of 2024-10-28
//   $identity $tensor $graph $context      make what they say of the model "identity", or trap, and
//                                          give its handle; $context takes a graph
//   $given                                 a context whose input is set and computed
//
// Its memory has two pages: at 0 "identity", at 16 the extents 2 and 3, at 32 zeros, of which the
// tensors are made; results go to 256, and lists that the host gives to 1024 and above.
struct WitGuest {
  std::string_view version = "2024-06-25";
  std::string body;  // Of the export "go".
  // The guest's allocator, which gets $old, $old_size, $alignment and $size.
  std::string realloc = "(i32.const 1024)";
  // Of a start function.
  std::string start{};
};

inline const InstanceLimits kNoGuestLimits;

std::string WitGuestWat(const WitGuest& guest);

// A component of two, each over the version it says, whose functions are exported as "go-1" and
// "go-2".
std::string ComposedWat(const WitGuest& first, const WitGuest& second);

// Throws std::runtime_error for what is no component.
wasmtime::component::Component CompileComponentWat(engine::Runtime& runtime,
                                                   const std::string& wat);

// A guest of the component in text, over `view`.
Result<Guest> NewComponent(const std::string& wat, View& view,
                           const InstanceLimits& limits = kNoGuestLimits,
                           GuestEngine& engine = TestEngine());

}  // namespace namesake::test

#endif  // NAMESAKE_TESTS_ABI_WIT_GUEST_H_
