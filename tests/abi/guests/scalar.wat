;; A scalar has either no dimensions or [1], and nothing else is accepted.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "scalar")  ;; f32
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 6)))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $F32) (i32.const 0)
      (global.get $DATA) (i32.const 4)))
    ;;> success
    (call $must (call $compute (local.get $context)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1
    (call $show (call $set_list (local.get $context) (i32.const 0) (global.get $F32) (i32.const 1)
      (global.get $OTHER) (i32.const 4)))
    ;;> success
    (call $must (call $compute (local.get $context)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 7

    (call $show (call $set_list (local.get $context) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $DATA) (i32.const 8)))
    ;;> invalid_argument
    (call $show (call $set_list (local.get $context) (i32.const 0) (global.get $F32) (i32.const 0)
      (global.get $DATA) (i32.const 0)))
    ;;> invalid_argument
    ;; [1,1]
    (i32.store (global.get $DIMS) (i32.const 1))
    (i32.store offset=4 (global.get $DIMS) (i32.const 1))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $DATA) (i32.const 4)))
    ;;> invalid_argument
    ;; A scalar still has bytes.
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $F32) (i32.const 0)
      (global.get $DATA) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $F32) (i32.const 0)
      (global.get $DATA) (i32.const 8)))
    ;;> invalid_argument
    ;; Without dimensions, their pointer may be the end of the memory.
    (call $put_tensor (global.get $END) (i32.const 0) (global.get $F32) (global.get $DATA)
      (i32.const 4))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
  )
)
