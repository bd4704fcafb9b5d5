;;@ host_models granted
;;@ grant none b
;;@ grant identity c
;;@ grant absent d
;;@ grant identity a
;; list_named: the names that the guest sees, sorted, each followed by a line feed. A granted model
;; that does not exist is not listed.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $list_named (global.get $BUFFER) (i32.const 6) (global.get $OUT)))
    ;;> success
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 6
    (call $show_text (global.get $BUFFER) (i32.const 6))
    ;;> a
    ;;> b
    ;;> c
    ;; With one byte less, the size is written and the buffer is untouched.
    (call $fill (global.get $BUFFER) (i32.const 0x55) (i32.const 8))
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $list_named (global.get $BUFFER) (i32.const 5) (global.get $OUT)))
    ;;> too_large
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 6
    (call $show_bytes (global.get $BUFFER) (i32.const 8))
    ;;> 55 55 55 55 55 55 55 55
    (call $show (call $list_named (i32.const 0) (i32.const 0) (global.get $OUT)))
    ;;> too_large
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 6
    (call $show_u32 (call $loads))
    ;;> 0
  )
)
