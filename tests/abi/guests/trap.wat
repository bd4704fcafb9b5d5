;;@ end trap
;; A guest that traps with open graphs and contexts leaves nothing behind.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 1")
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $compute (local.get $context)))
    (drop (call $identity))
    (call $must (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    (drop (call $new_context (i32.load (global.get $OUT))))
    (call $show_u32 (call $contexts))
    ;;> 3
    (call $show_u32 (call $graphs))
    ;;> 2
    (unreachable)
  )
)
