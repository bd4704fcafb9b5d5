;; load: each pointer and length out of bounds, including those within the builders; nothing is
;; loaded.
(module
;;include prelude
  (memory (export "memory") 1)
  ;; Two builders in the last bytes of the memory.
  (global $BUILDERS i32 (i32.const 0xfff0))
  (data (i32.const 0x1010) "io u8 1\0a")
  (func $reset
    (i32.store (i32.const 0xfff0) (i32.const 0x1010))
    (i32.store (i32.const 0xfff4) (i32.const 8))
    (i32.store (i32.const 0xfff8) (i32.const 0x1010))
    (i32.store (i32.const 0xfffc) (i32.const 8)))
  (func $try (param $builders i32) (param $count i32) (param $out i32)
    (call $show (call $load (local.get $builders) (local.get $count) (i32.const 1) (i32.const 0)
      (local.get $out))))
  ;; The second builder is {$pointer, $length}.
  (func $try_part (param $pointer i32) (param $length i32)
    (i32.store (i32.const 0xfff8) (local.get $pointer))
    (i32.store (i32.const 0xfffc) (local.get $length))
    (call $try (global.get $BUILDERS) (i32.const 2) (global.get $OUT))
    (call $reset))

  (func (export "_start")
    (call $reset)
    (i32.store (global.get $OUT) (i32.const 77))
    ;; The array.
    (call $try (global.get $BUILDERS) (i32.const 3) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const 0xfff9) (i32.const 1) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $END) (i32.const 1) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const 0x80000000) (i32.const 1) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const -8) (i32.const 1) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const -1) (i32.const 1) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const -8) (i32.const 2) (global.get $OUT))
    ;;> invalid_argument
    ;; The count: more parts than any model has, and counts whose size in bytes is 0 or 8 modulo
    ;; 2^32.
    (call $try (i32.const 0x1000) (i32.const 3) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const 0x20000000) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const 0x20000001) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const 0x80000000) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const -1) (global.get $OUT))
    ;;> invalid_argument

    ;; A part.
    (call $try_part (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_part (global.get $END) (i32.const 1))
    ;;> invalid_argument
    (call $try_part (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_part (i32.const 0x80000000) (i32.const 7))
    ;;> invalid_argument
    (call $try_part (i32.const -1) (i32.const 1))
    ;;> invalid_argument
    (call $try_part (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_part (i32.const 0x1010) (i32.const -7))
    ;;> invalid_argument
    (call $try_part (i32.const 0x1010) (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try_part (i32.const 0x1010) (i32.const -1))
    ;;> invalid_argument

    ;; The pointer to the handle.
    (call $try (global.get $BUILDERS) (i32.const 1) (i32.const 0xfffd))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const 1) (global.get $END))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const 1) (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const 1) (i32.const -4))
    ;;> invalid_argument
    (call $try (global.get $BUILDERS) (i32.const 1) (i32.const -1))
    ;;> invalid_argument
    (call $show_u32 (i32.load (i32.const 0xfffc)))
    ;;> 8
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $loads))
    ;;> 0

    ;; Up to the last byte of the memory.
    (call $try (global.get $BUILDERS) (i32.const 2) (global.get $OUT))
    ;;> success
    (i64.store (i32.const 0xfff8) (i64.load (i32.const 0x1010)))  ;; "io u8 1\0a"
    (i32.store8 (i32.const 0xffff) (i32.const 0x32))              ;; "io u8 12"
    (i32.store (i32.const 0xfff0) (i32.const 0xfff8))
    (i32.store (i32.const 0xfff4) (i32.const 8))
    (call $try (global.get $BUILDERS) (i32.const 1) (global.get $OUT))
    ;;> success
    (call $show_last_load)
    ;;> onnx cpu 8 bytes
    (call $reset)
    (call $try (global.get $BUILDERS) (i32.const 1) (i32.const 0xfffc))
    ;;> success
    (call $must (call $init_execution_context (i32.load (i32.const 0xfffc)) (global.get $OUT)))
  )
)
