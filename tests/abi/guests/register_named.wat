;;@ guest_register instance
;;@ host_models granted
;;@ dir models
;; register_named: only models from the guest's own directory.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "mine")
  (data (i32.const 0x1100) "models/model.txt")
  (data (i32.const 0x1120) "models/within.txt")
  (data (i32.const 0x1140) "models/out.txt")
  (data (i32.const 0x1160) "models/../guests/prelude.inc")
  (data (i32.const 0x1180) "/etc/passwd")
  (data (i32.const 0x11a0) "models/absent.txt")
  (data (i32.const 0x11c0) "models/broken.txt")
  (data (i32.const 0x11e0) "models/folder")
  (data (i32.const 0x1200) "models/folder/../model.txt")
  (data (i32.const 0x1220) "models/a\00b")
  (func $try (param $path i32) (param $path_len i32)
    (call $show (call $register_named (i32.const 0x1000) (i32.const 4) (i32.const 4) (i32.const 0)
      (local.get $path) (local.get $path_len))))
  (func $drop
    (call $must (call $unregister_named (i32.const 0x1000) (i32.const 4))))
  (func (export "_start")
    (local $context i32)
    ;; Links and dots that lead out of it, and paths that are not the guest's files.
    (call $try (i32.const 0x1140) (i32.const 14))
    ;;> unsupported_operation
    (call $try (i32.const 0x1160) (i32.const 28))
    ;;> unsupported_operation
    (call $try (i32.const 0x1180) (i32.const 11))
    ;;> invalid_argument
    (call $try (i32.const 0x11a0) (i32.const 17))
    ;;> invalid_argument
    (call $try (i32.const 0x11e0) (i32.const 13))
    ;;> invalid_argument
    (call $try (i32.const 0x1220) (i32.const 10))
    ;;> invalid_argument
    (call $try (i32.const 0x1100) (i32.const 0))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 0
    ;; A model that can't be loaded gets no name.
    (call $try (i32.const 0x11c0) (i32.const 17))
    ;;> runtime_error
    (call $show (call $get_named (i32.const 0x1000) (i32.const 4) (global.get $OUT)))
    ;;> not_found

    (call $try (i32.const 0x1100) (i32.const 16))
    ;;> success
    (call $show_last_load)
    ;;> tensorflowlite cpu 8 bytes
    (call $try (i32.const 0x1100) (i32.const 16))
    ;;> invalid_argument
    ;; It is in memory.
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 4)))
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 2)
      (global.get $NAME) (i32.const 2)))
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64
    (call $show_u32 (call $loads))
    ;;> 2
    (call $drop)
    ;; A link and dots that stay inside.
    (call $try (i32.const 0x1120) (i32.const 17))
    ;;> success
    (call $drop)
    (call $try (i32.const 0x1200) (i32.const 26))
    ;;> success
    ;; Unknown numbers.
    (call $show (call $register_named (i32.const 0x1000) (i32.const 3) (i32.const 6) (i32.const 0)
      (i32.const 0x1100) (i32.const 16)))
    ;;> invalid_encoding
    (call $show (call $register_named (i32.const 0x1000) (i32.const 3) (i32.const 4) (i32.const 4)
      (i32.const 0x1100) (i32.const 16)))
    ;;> invalid_argument
  )
)
