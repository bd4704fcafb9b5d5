;;@ isolation process
;; In workers the bytes are kept, for each of them to load.
;;@ guest_option threads
;;@ guest_option fast
;;@ guest_register instance
;; load_by_name_with_config: one graph per configuration; equal configurations share one.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "{\"threads\":1}")
  (data (i32.const 0x1020) "{ \"threads\" : \"1\" }")
  (data (i32.const 0x1040) "{\"threads\":2}")
  (data (i32.const 0x1060) "{\"fast\":true,\"threads\":2}")
  (data (i32.const 0x1080) "{\"threads\":2,\"fast\":\"true\"}")
  (data (i32.const 0x10a0) "{\"threads\":1,\"threads\":2}")
  (data (i32.const 0x10c0) "{}")
  (data (i32.const 0x1100) "{\"threads\":3}")
  (data (i32.const 0x10d0) "nobody")
  (data (i32.const 0x10e0) "broken")
  (func $try (param $config i32) (param $length i32)
    (call $show (call $load_by_name_with_config (global.get $NAME) (global.get $NAME_LEN)
      (local.get $config) (local.get $length) (global.get $OUT)))
    (call $show_u32 (call $loads)))
  (func (export "_start")
    (local $graph i32)
    (call $try (i32.const 0x1000) (i32.const 13))
    ;;> success
    ;;> 1
    (local.set $graph (i32.load (global.get $OUT)))
    (call $try (i32.const 0x1020) (i32.const 19))
    ;;> success
    ;;> 1
    (call $try (i32.const 0x1040) (i32.const 13))
    ;;> success
    ;;> 2
    (call $try (i32.const 0x1060) (i32.const 25))
    ;;> success
    ;;> 3
    (call $try (i32.const 0x1080) (i32.const 27))
    ;;> success
    ;;> 3
    ;; Of a repeated key, the last value counts.
    (call $try (i32.const 0x10a0) (i32.const 25))
    ;;> success
    ;;> 3
    ;; Without options it is the same as load_by_name.
    (call $try (i32.const 0x10c0) (i32.const 2))
    ;;> success
    ;;> 4
    (call $try (i32.const 0) (i32.const 0))
    ;;> success
    ;;> 4
    ;; Once the operator's bytes are loaded for good they are gone; existing graphs stay.
    (call $try (i32.const 0x1000) (i32.const 13))
    ;;> success
    ;;> 4
    (call $try (i32.const 0x1100) (i32.const 13))
    ;;> unsupported_operation
    ;;> 4
    (drop (call $new_context (local.get $graph)))
    (call $show (call $load_by_name_with_config (i32.const 0x10d0) (i32.const 6)
      (i32.const 0x1000) (i32.const 13) (global.get $OUT)))
    ;;> not_found
    (call $show (call $load_by_name_with_config (i32.const 0x10e0) (i32.const 6)
      (i32.const 0x1000) (i32.const 13) (global.get $OUT)))
    ;;> runtime_error
  )
)
