;; A graph without inputs computes, and has no output to read.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "none")
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 4)))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
  )
)
