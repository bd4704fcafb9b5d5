;; get_output: the buffer or the size pointer is out of bounds; nothing is written.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $CONTEXT (mut i32) (i32.const 0))
  (func $try (param $buffer i32) (param $max i32) (param $written i32)
    (call $show (call $get_output (global.get $CONTEXT) (i32.const 0) (local.get $buffer)
      (local.get $max) (local.get $written))))
  (func (export "_start")
    (global.set $CONTEXT (call $identity))
    (call $must (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $compute (global.get $CONTEXT)))
    (i32.store (global.get $OUT) (i32.const 77))
    (call $fill (global.get $BUFFER) (i32.const 0x55) (i32.const 32))
    (call $fill (i32.const 0xffe0) (i32.const 0x55) (i32.const 32))

    ;; The buffer. Its full length counts, not only what the output needs.
    (call $try (i32.const 0xffe9) (i32.const 24) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const 0xf801) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $END) (i32.const 24) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const 0x10001) (i32.const 0) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const 0x80000000) (i32.const 24) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const -24) (i32.const 24) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const -1) (i32.const 25) (global.get $OUT))
    ;;> invalid_argument
    (call $try (i32.const -1) (i32.const 0) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const 0x80000000) (global.get $OUT))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const -1) (global.get $OUT))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77

    ;; The pointer to the size.
    (call $try (global.get $BUFFER) (i32.const 24) (i32.const 0xfffd))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const 24) (i32.const 0xffff))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const 24) (global.get $END))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const 24) (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const 24) (i32.const -4))
    ;;> invalid_argument
    (call $try (global.get $BUFFER) (i32.const 24) (i32.const -1))
    ;;> invalid_argument
    (call $show_bytes (global.get $BUFFER) (i32.const 8))
    ;;> 55 55 55 55 55 55 55 55
    (call $show_bytes (i32.const 0xfff8) (i32.const 8))
    ;;> 55 55 55 55 55 55 55 55

    ;; Each of them in the last bytes of the memory.
    (call $try (i32.const 0xffe8) (i32.const 24) (global.get $OUT))
    ;;> success
    (call $show_floats (i32.const 0xffe8) (i32.const 6))
    ;;> 1 2 3 4 5 6
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 24
    (call $try (global.get $BUFFER) (i32.const 0xf800) (i32.const 0xfffc))
    ;;> success
    (call $show_u32 (i32.load (i32.const 0xfffc)))
    ;;> 24
    ;; An empty buffer may be at the very end; it is only too small.
    (call $try (global.get $END) (i32.const 0) (global.get $OUT))
    ;;> too_large
  )
)
