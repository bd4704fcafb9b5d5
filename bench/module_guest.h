// The module guest of the benchmarks: an image classifier's calls.
#ifndef NAMESAKE_BENCH_MODULE_GUEST_H_
#define NAMESAKE_BENCH_MODULE_GUEST_H_

#include <string_view>

namespace namesake::bench {

// Exports one function for each step, and "rounds" for a hundred inferences; `_start` opens a
// context of the model "model". Memory layout: dimensions at 64, the model's name at 128, results
// at 256, the input's data at 4096 (f32 [1,3,224,224]), the output's at 606208 (4,000 bytes).
inline constexpr std::string_view kModuleGuest = R"((module
  (import "wasi_ephemeral_nn" "load_by_name" (func $load_by_name (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "init_execution_context" (func $init (param i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "set_input" (func $set_input (param i32 i32 i32) (result i32)))
  (import "wasi_ephemeral_nn" "compute" (func $compute (param i32) (result i32)))
  (import "wasi_ephemeral_nn" "get_output"
    (func $get_output (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 10)
  (data (i32.const 0) "\40\00\00\00" "\04\00\00\00" "\01\00\00\00" "\00\10\00\00" "\00\30\09\00")
  (data (i32.const 64) "\01\00\00\00" "\03\00\00\00" "\e0\00\00\00" "\e0\00\00\00")
  (data (i32.const 128) "model")
  (global $context (mut i32) (i32.const 0))
  (func $must (param $errno i32) (if (local.get $errno) (then unreachable)))
  (func (export "_start")
    (call $must (call $load_by_name (i32.const 128) (i32.const 5) (i32.const 256)))
    (call $must (call $init (i32.load (i32.const 256)) (i32.const 260)))
    (global.set $context (i32.load (i32.const 260))))
  (func $set (export "set_input")
    (call $must (call $set_input (global.get $context) (i32.const 0) (i32.const 0))))
  (func $infer (export "infer")
    (call $set)
    (call $must (call $compute (global.get $context)))
    (call $must (call $get_output (global.get $context) (i32.const 0) (i32.const 606208)
                                  (i32.const 4000) (i32.const 264))))
  (func (export "rounds") (local $left i32)
    (local.set $left (i32.const 100))
    (loop $again
      (call $infer)
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  (func (export "nothing")))
)";

}  // namespace namesake::bench

#endif  // NAMESAKE_BENCH_MODULE_GUEST_H_
