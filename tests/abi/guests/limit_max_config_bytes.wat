;;@ guest_option threads
;;@ max_config_bytes 13
;; max_config_bytes: exact to the byte; a larger configuration is too large, whatever it says.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "{\"threads\":1} ")
  (func $try (param $length i32)
    (call $show (call $load_by_name_with_config (global.get $NAME) (global.get $NAME_LEN)
      (i32.const 0x1000) (local.get $length) (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 14))
    ;;> too_large
    (call $try (i32.const 0x8000))
    ;;> too_large
    (call $show_u32 (call $loads))
    ;;> 0
    (call $try (i32.const 13))
    ;;> success
  )
)
