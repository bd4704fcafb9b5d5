;; describe: the buffer or the size pointer is out of bounds; nothing is written.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $GRAPH (mut i32) (i32.const 0))
  (func $try (param $buffer i32) (param $max i32) (param $out i32)
    (call $show (call $describe (global.get $GRAPH) (local.get $buffer) (local.get $max) (local.get $out))))
  (func $try_buffer (param $buffer i32) (param $max i32)
    (call $try (local.get $buffer) (local.get $max) (global.get $OUT)))
  (func $try_out (param $out i32)
    (call $try (i32.const 0x2000) (i32.const 0x1000) (local.get $out)))
  (func (export "_start")
    (global.set $GRAPH (call $open (global.get $NAME) (global.get $NAME_LEN)))
    (i32.store (global.get $OUT) (i32.const 77))
    ;; The buffer. Its full length counts, not only what is written.
    (call $try_buffer (i32.const 0xfff9) (i32.const 8))
    ;;> invalid_argument
    (call $try_buffer (global.get $END) (i32.const 1))
    ;;> invalid_argument
    (call $try_buffer (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_buffer (i32.const 0x80000000) (i32.const 8))
    ;;> invalid_argument
    (call $try_buffer (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_buffer (i32.const -1) (i32.const 9))
    ;;> invalid_argument
    (call $try_buffer (i32.const 0x1000) (i32.const -8))
    ;;> invalid_argument
    (call $try_buffer (i32.const 0x1000) (i32.const -1))
    ;;> invalid_argument
    (call $try_buffer (i32.const 0) (i32.const -1))
    ;;> invalid_argument
    ;; The pointer to the size.
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
    (call $show_u32 (i32.load8_u (i32.const 0x2000)))
    ;;> 0
    (call $try_out (i32.const 0xfffc))
    ;;> success
  )
)
