;;@ guest_option threads
;;@ max_config_bytes 2000000
;; load_by_name_with_config: text that is not an object of strings, numbers and booleans, and
;; options that are not allowed.
(module
;;include prelude
  (memory (export "memory") 32)
  (data (i32.const 0x1000) "threads")
  (data (i32.const 0x1010) "[{\"threads\":1}]")
  (data (i32.const 0x1030) "{\"threads\":[1]}")
  (data (i32.const 0x1050) "{\"threads\":{\"a\":1}}")
  (data (i32.const 0x1070) "{\"threads\":null}")
  (data (i32.const 0x1090) "{\"threads\":1}\00")
  (data (i32.const 0x10b0) "{\"threads\":\"\00\"}")
  (data (i32.const 0x10d0) "{\"threads\":1")
  (data (i32.const 0x10f0) "{\"device\":\"GPU\"}")
  (data (i32.const 0x1110) "{\"threads\":1e999}")
  (data (i32.const 0x1130) "{\"thread\\u0000s\":1}")
  (data (i32.const 0x1150) "{\"\":1}")
  (func $try (param $config i32) (param $length i32)
    (call $show (call $load_by_name_with_config (global.get $NAME) (global.get $NAME_LEN)
      (local.get $config) (local.get $length) (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 0x1000) (i32.const 7))
    ;;> invalid_argument
    (call $try (i32.const 0x1010) (i32.const 15))
    ;;> invalid_argument
    (call $try (i32.const 0x1030) (i32.const 15))
    ;;> invalid_argument
    (call $try (i32.const 0x1050) (i32.const 19))
    ;;> invalid_argument
    (call $try (i32.const 0x1070) (i32.const 16))
    ;;> invalid_argument
    (call $try (i32.const 0x1090) (i32.const 14))
    ;;> invalid_argument
    (call $try (i32.const 0x10b0) (i32.const 15))
    ;;> invalid_argument
    (call $try (i32.const 0x10d0) (i32.const 12))
    ;;> invalid_argument
    (call $try (i32.const 0x1110) (i32.const 17))
    ;;> invalid_argument
    ;; Valid objects, with options that the policy does not let guests set.
    (call $try (i32.const 0x10f0) (i32.const 16))
    ;;> unsupported_operation
    (call $try (i32.const 0x1130) (i32.const 19))
    ;;> unsupported_operation
    (call $try (i32.const 0x1150) (i32.const 6))
    ;;> unsupported_operation
    ;; A megabyte of zeros, of brackets, and of endlessly nested objects.
    (call $try (i32.const 0x20000) (i32.const 0x100000))
    ;;> invalid_argument
    (call $fill (i32.const 0x20000) (i32.const 0x5b) (i32.const 0x100000))
    (call $try (i32.const 0x20000) (i32.const 0x100000))
    ;;> invalid_argument
    (call $fill (i32.const 0x20000) (i32.const 0x20) (i32.const 0x100000))
    (call $try (i32.const 0x20000) (i32.const 0x100000))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 0
  )
)
