;; load_by_name: each pointer and length out of bounds; nothing is opened and nothing is written.
(module
;;include prelude
  (memory (export "memory") 1)
  ;; "identity" in the last bytes of the memory.
  (global $LAST_NAME i32 (i32.const 0xfff8))
  (data (i32.const 0xfff8) "identity")
  (func $try_name (param $name i32) (param $length i32)
    (call $show (call $load_by_name (local.get $name) (local.get $length) (global.get $OUT))))
  (func $try_out (param $out i32)
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (local.get $out))))
  (func (export "_start")
    (i32.store (global.get $OUT) (i32.const 77))
    ;; The name, one byte too long.
    (call $try_name (global.get $LAST_NAME) (i32.const 9))
    ;;> invalid_argument
    (call $try_name (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_name (global.get $END) (i32.const 1))
    ;;> invalid_argument
    ;; Beyond the end, even a name of no bytes is out of bounds; at the end, it is only empty.
    (call $try_name (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_name (global.get $END) (i32.const 0))
    ;;> invalid_argument
    (call $try_name (i32.const 0x80000000) (i32.const 8))
    ;;> invalid_argument
    (call $try_name (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    ;; Sums that wrap round to an address within the memory: 2^32 + 8, 2^32 + 0x208.
    (call $try_name (i32.const -1) (i32.const 9))
    ;;> invalid_argument
    (call $try_name (global.get $NAME) (i32.const -8))
    ;;> invalid_argument
    (call $try_name (global.get $NAME) (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try_name (global.get $NAME) (i32.const -1))
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

    ;; The last bytes of the memory are valid like any others, and so is address 0.
    (i64.store (global.get $LAST_NAME) (i64.load (global.get $NAME)))
    (call $try_name (global.get $LAST_NAME) (i32.const 8))
    ;;> success
    (call $try_out (i32.const 0xfffc))
    ;;> success
    (call $must (call $init_execution_context (i32.load (i32.const 0xfffc)) (global.get $OUT)))
    (call $try_out (i32.const 0))
    ;;> success
    (call $must (call $init_execution_context (i32.load (i32.const 0)) (global.get $OUT)))
  )
)
