;; Inputs and outputs that the graph lacks.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $compute (local.get $context)))
    (i32.store offset=12 (global.get $TENSOR) (global.get $OTHER))
    (call $show (call $set_input (local.get $context) (i32.const 1) (global.get $TENSOR)))
    ;;> invalid_argument
    (call $show (call $set_input (local.get $context) (i32.const 0x7fffffff) (global.get $TENSOR)))
    ;;> invalid_argument
    (call $show (call $set_input (local.get $context) (i32.const 0x80000000) (global.get $TENSOR)))
    ;;> invalid_argument
    (call $show (call $set_input (local.get $context) (i32.const -1) (global.get $TENSOR)))
    ;;> invalid_argument

    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $get (local.get $context) (i32.const 1)))
    ;;> invalid_argument
    (call $show (call $get (local.get $context) (i32.const 0x7fffffff)))
    ;;> invalid_argument
    (call $show (call $get (local.get $context) (i32.const 0x80000000)))
    ;;> invalid_argument
    (call $show (call $get (local.get $context) (i32.const -1)))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77

    ;; None of the calls has changed the valid input.
    (call $must (call $compute (local.get $context)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2 3 4 5 6
  )
)
