;;@ guest_register instance
;;@ host_models granted
;;@ dir models
;; register_named: each pointer and length out of bounds; nothing is registered.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "mine")
  (data (i32.const 0x1100) "models/model.txt")
  (func $try (param $name i32) (param $name_len i32) (param $path i32) (param $path_len i32)
    (call $show (call $register_named (local.get $name) (local.get $name_len) (i32.const 4)
      (i32.const 0) (local.get $path) (local.get $path_len))))
  (func $try_name (param $name i32) (param $length i32)
    (call $try (local.get $name) (local.get $length) (i32.const 0x1100) (i32.const 16)))
  (func $try_path (param $path i32) (param $length i32)
    (call $try (i32.const 0x1000) (i32.const 4) (local.get $path) (local.get $length)))
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
    ;; The path.
    (call $try_path (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_path (global.get $END) (i32.const 1))
    ;;> invalid_argument
    (call $try_path (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_path (i32.const 0x80000000) (i32.const 8))
    ;;> invalid_argument
    (call $try_path (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_path (i32.const -1) (i32.const 9))
    ;;> invalid_argument
    (call $try_path (i32.const 0x1000) (i32.const -8))
    ;;> invalid_argument
    (call $try_path (i32.const 0x1000) (i32.const -1))
    ;;> invalid_argument
    (call $try_path (i32.const 0) (i32.const -1))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $loads))
    ;;> 0
    ;; Nothing was registered.
    (call $must (call $list_named (i32.const 0x2000) (i32.const 0x1000) (global.get $OUT)))
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 0
    ;; Up to the last byte of the memory.
    (memory.copy (i32.const 0xfff0) (i32.const 0x1100) (i32.const 16))
    (call $try_path (i32.const 0xfff0) (i32.const 16))
    ;;> success
  )
)
