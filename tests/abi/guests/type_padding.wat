;; The type is one byte; the three bytes after it are padding and may have any value.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    ;; f32 is 1; the padding is all ones.
    (i32.store offset=8 (global.get $TENSOR) (i32.const 0xffffff01))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
    ;; The types 0x100 and 0x101 do not fit in a byte, so these are f16 and f32.
    (i32.store offset=8 (global.get $TENSOR) (i32.const 0x100))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> invalid_argument
    (i32.store offset=8 (global.get $TENSOR) (i32.const 0x101))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
  )
)
