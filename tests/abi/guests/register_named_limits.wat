;;@ guest_register instance
;;@ host_models granted
;;@ dir models
;;@ max_models 1
;;@ max_model_bytes 8
;;@ max_name_bytes 4
;; register_named: limits on the size of files and the number of names, each exact.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "other")
  (data (i32.const 0x1100) "models/model.txt")  ;; 8 bytes
  (data (i32.const 0x1120) "models/slow.txt")   ;; more
  (func $try (param $name_len i32) (param $path i32) (param $path_len i32)
    (call $show (call $register_named (i32.const 0x1000) (local.get $name_len) (i32.const 4)
      (i32.const 0) (local.get $path) (local.get $path_len))))
  (func (export "_start")
    (call $try (i32.const 4) (i32.const 0x1120) (i32.const 15))
    ;;> too_large
    (call $try (i32.const 5) (i32.const 0x1100) (i32.const 16))
    ;;> too_large
    (call $show_u32 (call $loads))
    ;;> 0
    (call $try (i32.const 4) (i32.const 0x1100) (i32.const 16))
    ;;> success
    (call $try (i32.const 3) (i32.const 0x1100) (i32.const 16))
    ;;> too_large
    (call $must (call $unregister_named (i32.const 0x1000) (i32.const 4)))
    (call $try (i32.const 3) (i32.const 0x1100) (i32.const 16))
    ;;> success
  )
)
