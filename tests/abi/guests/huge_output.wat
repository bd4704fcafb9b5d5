;; An output above 4 GiB fits in no memory, and its size in no u32; the largest u32 stands for it.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "huge")
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 4)))
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 1)
      (global.get $NAME) (i32.const 1)))
    (call $must (call $compute (local.get $context)))
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> too_large
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 4294967295
    (call $show_bytes (global.get $BUFFER) (i32.const 4))
    ;;> 00 00 00 00
  )
)
