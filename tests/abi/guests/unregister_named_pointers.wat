;;@ guest_register instance
;; unregister_named: each pointer and length out of bounds.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "io u8 1\0a")
  (data (i32.const 0x1100) "\00\10\00\00" "\08\00\00\00")
  (data (i32.const 0xfffc) "mine")
  (func $try_name (param $name i32) (param $length i32)
    (call $show (call $unregister_named (local.get $name) (local.get $length))))
  (func (export "_start")
    (i32.store (global.get $OUT) (i32.const 77))
    ;; The name.
    (call $try_name (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_name (global.get $END) (i32.const 1))
    ;;> invalid_argument
    (call $try_name (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_name (i32.const 0x80000000) (i32.const 8))
    ;;> invalid_argument
    (call $try_name (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_name (i32.const -1) (i32.const 9))
    ;;> invalid_argument
    (call $try_name (i32.const 0x1000) (i32.const -8))
    ;;> invalid_argument
    (call $try_name (i32.const 0x1000) (i32.const -1))
    ;;> invalid_argument
    (call $try_name (i32.const 0) (i32.const -1))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    ;; Up to the last byte of the memory.
    (call $must (call $load_named (i32.const 0x1100) (i32.const 1) (i32.const 1) (i32.const 0)
      (i32.const 0xfffc) (i32.const 4) (global.get $OUT)))
    (call $try_name (i32.const 0xfffc) (i32.const 5))
    ;;> invalid_argument
    (call $try_name (i32.const 0xfffc) (i32.const 4))
    ;;> success
    (call $try_name (i32.const 0xfffc) (i32.const 4))
    ;;> not_found
  )
)
