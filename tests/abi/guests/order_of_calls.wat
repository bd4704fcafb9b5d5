;; Calls in the wrong order are refused, and the context works afterwards.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show (call $compute (local.get $context)))
    ;;> invalid_argument
    (call $show_u32 (call $computes))
    ;;> 0
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
    ;; An input is set, but nothing is computed.
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2 3 4 5 6

    ;; A new input does not change the output until the next compute.
    (i32.store offset=12 (global.get $TENSOR) (global.get $OTHER))
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2 3 4 5 6
    (call $must (call $compute (local.get $context)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 7 8 9 10 11 12
  )
)
