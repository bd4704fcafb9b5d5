;; A memory that grows between calls: the host reads and writes its new pages, even after the memory
;; has moved.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $END)))
    ;;> invalid_argument
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    (call $show_u32 (memory.grow (i32.const 255)))
    ;;> 1
    ;; Everything in the last of 0x100 pages.
    (memory.copy (i32.const 0xff0000) (i32.const 0) (i32.const 0x400))
    (call $fill (i32.const 0) (i32.const 0xff) (i32.const 0x400))
    (i32.store (i32.const 0xff0020) (i32.const 0xff0040))   ;; dims
    (i32.store (i32.const 0xff002c) (i32.const 0xff0320))   ;; data: OTHER
    (call $show (call $load_by_name (i32.const 0xff0200) (i32.const 8) (i32.const 0xfffffc)))
    ;;> success
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show (call $get_output (local.get $context) (i32.const 0) (i32.const 0xff0800)
      (i32.const 24) (i32.const 0xfffffc)))
    ;;> success
    (call $show_floats (i32.const 0xff0800) (i32.const 6))
    ;;> 1 2 3 4 5 6
    (call $show (call $set_input (local.get $context) (i32.const 0) (i32.const 0xff0020)))
    ;;> success
    (call $must (call $compute (local.get $context)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 7 8 9 10 11 12
    (call $show (call $load_by_name (i32.const 0xff0200) (i32.const 8) (i32.const 0xfffffd)))
    ;;> invalid_argument
  )
)
