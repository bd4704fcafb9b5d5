;; get_output: for a buffer that is too small, the needed size is returned and the buffer is
;; unchanged; in a larger one, the bytes after the output are unchanged.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $CONTEXT (mut i32) (i32.const 0))
  (func $try (param $max i32)
    (i32.store (global.get $OUT) (i32.const 77))
    (call $fill (global.get $BUFFER) (i32.const 0x55) (i32.const 32))
    (call $show (call $get_output (global.get $CONTEXT) (i32.const 0) (global.get $BUFFER)
      (local.get $max) (global.get $OUT)))
    (call $show_u32 (i32.load (global.get $OUT))))
  (func (export "_start")
    (global.set $CONTEXT (call $identity))
    (call $must (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $compute (global.get $CONTEXT)))
    (call $try (i32.const 0))
    ;;> too_large
    ;;> 24
    (call $show_bytes (global.get $BUFFER) (i32.const 8))
    ;;> 55 55 55 55 55 55 55 55
    (call $try (i32.const 1))
    ;;> too_large
    ;;> 24
    (call $try (i32.const 23))
    ;;> too_large
    ;;> 24
    (call $show_bytes (global.get $BUFFER) (i32.const 8))
    ;;> 55 55 55 55 55 55 55 55
    (call $try (i32.const 24))
    ;;> success
    ;;> 24
    (call $show_floats (global.get $BUFFER) (i32.const 6))
    ;;> 1 2 3 4 5 6
    (call $show_bytes (i32.add (global.get $BUFFER) (i32.const 24)) (i32.const 8))
    ;;> 55 55 55 55 55 55 55 55
    (call $try (i32.const 25))
    ;;> success
    ;;> 24
    (call $try (i32.const 2048))
    ;;> success
    ;;> 24
    (call $show_floats (global.get $BUFFER) (i32.const 6))
    ;;> 1 2 3 4 5 6
    (call $show_bytes (i32.add (global.get $BUFFER) (i32.const 24)) (i32.const 8))
    ;;> 55 55 55 55 55 55 55 55
  )
)
