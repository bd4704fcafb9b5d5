;;@ guest_register instance
;;@ host_models granted
;; load_named: each pointer and length out of bounds; nothing is loaded or registered.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "io u8 1\0a")
  (data (i32.const 0x1100) "\00\10\00\00" "\08\00\00\00")  ;; a builder
  (data (i32.const 0x1200) "mine")
  (func $try (param $builders i32) (param $count i32) (param $name i32) (param $name_len i32)
    (param $out i32)
    (call $show (call $load_named (local.get $builders) (local.get $count) (i32.const 1)
      (i32.const 0) (local.get $name) (local.get $name_len) (local.get $out))))
  (func $try_name (param $name i32) (param $length i32)
    (call $try (i32.const 0x1100) (i32.const 1) (local.get $name) (local.get $length)
      (global.get $OUT)))
  ;; The part that the builder refers to.
  (func $try_part (param $part i32) (param $length i32)
    (i32.store (i32.const 0x1110) (local.get $part))
    (i32.store (i32.const 0x1114) (local.get $length))
    (call $try (i32.const 0x1110) (i32.const 1) (i32.const 0x1200) (i32.const 4)
      (global.get $OUT)))
  (func $try_builders (param $builders i32) (param $count i32)
    (call $try (local.get $builders) (local.get $count) (i32.const 0x1200) (i32.const 4)
      (global.get $OUT)))
  (func $try_out (param $out i32)
    (call $try (i32.const 0x1100) (i32.const 1) (i32.const 0x1200) (i32.const 4)
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
    ;; A part.
    (call $try_part (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_part (global.get $END) (i32.const 1))
    ;;> invalid_argument
    (call $try_part (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_part (i32.const 0x80000000) (i32.const 8))
    ;;> invalid_argument
    (call $try_part (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_part (i32.const -1) (i32.const 9))
    ;;> invalid_argument
    (call $try_part (i32.const 0x1000) (i32.const -8))
    ;;> invalid_argument
    (call $try_part (i32.const 0x1000) (i32.const -1))
    ;;> invalid_argument
    (call $try_part (i32.const 0) (i32.const -1))
    ;;> invalid_argument
    ;; The builders.
    (call $try_builders (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_builders (global.get $END) (i32.const 1))
    ;;> invalid_argument
    (call $try_builders (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_builders (i32.const 0x80000000) (i32.const 8))
    ;;> invalid_argument
    (call $try_builders (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_builders (i32.const -1) (i32.const 9))
    ;;> invalid_argument
    (call $try_builders (i32.const 0x1000) (i32.const -8))
    ;;> invalid_argument
    (call $try_builders (i32.const 0x1000) (i32.const -1))
    ;;> invalid_argument
    (call $try_builders (i32.const 0) (i32.const -1))
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
    ;; Nothing was registered.
    (call $must (call $list_named (i32.const 0x2000) (i32.const 0x1000) (global.get $OUT)))
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 0
    ;; Up to the last byte of the memory.
    (i32.store (i32.const 0xfff8) (i32.load (i32.const 0x1200)))
    (call $try (i32.const 0x1100) (i32.const 1) (i32.const 0xfff8) (i32.const 4)
      (i32.const 0xfffc))
    ;;> success
    (call $must (call $init_execution_context (i32.load (i32.const 0xfffc)) (global.get $OUT)))
  )
)
