;;@ guest_register instance
;;@ host_models granted
;; A name has at most 255 bytes.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "io u8 2\0a")
  (data (i32.const 0x1010) "\00\10\00\00" "\08\00\00\00")
  (func $try (param $length i32)
    (call $show (call $load_named (i32.const 0x1010) (i32.const 1) (i32.const 1) (i32.const 0)
      (i32.const 0x2000) (local.get $length) (global.get $OUT))))
  (func (export "_start")
    (call $fill (i32.const 0x2000) (i32.const 0x6e) (i32.const 0x1000))
    (call $try (i32.const 256))
    ;;> invalid_argument
    (call $try (i32.const 0x1000))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 0
    (call $try (i32.const 255))
    ;;> success
    (call $show (call $get_named (i32.const 0x2000) (i32.const 255) (global.get $OUT)))
    ;;> success
  )
)
