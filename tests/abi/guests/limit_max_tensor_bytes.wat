;;@ max_tensor_bytes 24
;; max_tensor_bytes: one input tensor, exact to the byte; the previous tensor stays set.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "any")  ;; u8 [?]
  (func $try (param $context i32) (param $bytes i32)
    (call $show (call $set_list (local.get $context) (i32.const 0) (global.get $U8)
      (local.get $bytes) (global.get $NAME) (local.get $bytes))))
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 3)))
    (call $try (local.get $context) (i32.const 2))
    ;;> success
    (call $try (local.get $context) (i32.const 25))
    ;;> too_large
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64
    (call $try (local.get $context) (i32.const 24))
    ;;> success
    (call $try (local.get $context) (i32.const 0x8000))
    ;;> too_large
    (call $try (local.get $context) (i32.const -1))
    ;;> invalid_argument
  )
)
