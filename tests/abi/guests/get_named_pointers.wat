;; get_named: each pointer and length out of bounds, as for load_by_name.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0xfff8) "identity")
  (func $try_name (param $name i32) (param $length i32)
    (call $show (call $get_named (local.get $name) (local.get $length) (global.get $OUT))))
  (func $try_out (param $out i32)
    (call $show (call $get_named (global.get $NAME) (global.get $NAME_LEN) (local.get $out))))
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
    (i64.store (i32.const 0xfff8) (i64.load (global.get $NAME)))
    (call $try_name (i32.const 0xfff8) (i32.const 8))
    ;;> success
  )
)
