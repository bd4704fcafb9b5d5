;;@ guest_option threads
;; load_by_name_with_config: each pointer and length out of bounds; nothing is loaded.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "identity")
  (data (i32.const 0x1100) "{\"threads\":1}")
  (func $try (param $name i32) (param $name_len i32) (param $config i32) (param $config_len i32)
    (param $out i32)
    (call $show (call $load_by_name_with_config (local.get $name) (local.get $name_len)
      (local.get $config) (local.get $config_len) (local.get $out))))
  (func $try_name (param $name i32) (param $length i32)
    (call $try (local.get $name) (local.get $length) (i32.const 0x1100) (i32.const 13)
      (global.get $OUT)))
  (func $try_config (param $config i32) (param $length i32)
    (call $try (i32.const 0x1000) (i32.const 8) (local.get $config) (local.get $length)
      (global.get $OUT)))
  (func $try_out (param $out i32)
    (call $try (i32.const 0x1000) (i32.const 8) (i32.const 0x1100) (i32.const 13)
      (local.get $out)))
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
    ;; The configuration.
    (call $try_config (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_config (global.get $END) (i32.const 1))
    ;;> invalid_argument
    (call $try_config (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_config (i32.const 0x80000000) (i32.const 8))
    ;;> invalid_argument
    (call $try_config (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_config (i32.const -1) (i32.const 9))
    ;;> invalid_argument
    (call $try_config (i32.const 0x1000) (i32.const -8))
    ;;> invalid_argument
    (call $try_config (i32.const 0x1000) (i32.const -1))
    ;;> invalid_argument
    (call $try_config (i32.const 0) (i32.const -1))
    ;;> invalid_argument
    ;; The pointer to the handle.
    (i32.store (i32.const 0xfffc) (i32.const 0x55555555))
    (call $try_out (i32.const 0xfffd))
    ;;> invalid_argument
    (call $try_out (i32.const 0xffff))
    ;;> invalid_argument
    (call $try_out (global.get $END))
    ;;> invalid_argument
    (call $try_out (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try_out (i32.const -4))
    ;;> invalid_argument
    (call $try_out (i32.const -1))
    ;;> invalid_argument
    (call $show_bytes (i32.const 0xfffc) (i32.const 4))
    ;;> 55 55 55 55
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $loads))
    ;;> 0
    ;; Up to the last byte of the memory.
    (call $try_out (i32.const 0xfffc))
    ;;> success
    (call $must (call $init_execution_context (i32.load (i32.const 0xfffc)) (global.get $OUT)))
    (memory.copy (i32.const 0xfff3) (i32.const 0x1100) (i32.const 13))
    (call $try_config (i32.const 0xfff3) (i32.const 13))
    ;;> success
    ;; No bytes at the very end are an empty configuration.
    (call $try_config (global.get $END) (i32.const 0))
    ;;> success
  )
)
