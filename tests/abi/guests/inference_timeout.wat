;;@ inference_timeout_ms 50
;; A compute that passes its deadline is a runtime error, since this ABI has no code for it. The
;; context works afterwards.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "hesitant")  ;; the first compute runs until its deadline
  (data (i32.const 0x1010) "slow")      ;; no compute ends
  (func $u8_input (param $context i32)
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 1)
      (global.get $NAME) (i32.const 1))))
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 8)))
    (call $u8_input (local.get $context))
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69

    (local.set $context (call $context_of (i32.const 0x1010) (i32.const 4)))
    (call $u8_input (local.get $context))
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    ;; One context's timeout does not affect another's.
    (local.set $context (call $identity))
    (i32.store (global.get $DIMS) (i32.const 2))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $DATA) (i32.const 24)))
    ;;> success
    (call $show (call $compute (local.get $context)))
    ;;> success
  )
)
