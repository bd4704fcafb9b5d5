;; The largest possible memory: the last byte of 2^32 can be used, and no sum wraps round to 0.
(module
;;include prelude
  (memory (export "memory") 65536)
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;; A handle in the last four bytes.
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (i32.const -4)))
    ;;> success
    (call $show (call $init_execution_context (i32.load (i32.const -4)) (global.get $OUT)))
    ;;> success
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (i32.const -3)))
    ;;> invalid_argument
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (i32.const -1)))
    ;;> invalid_argument
    ;; A name up to the last byte, and one byte beyond.
    (i64.store (i32.const -8) (i64.load (global.get $NAME)))
    (call $show (call $load_by_name (i32.const -8) (i32.const 8) (global.get $OUT)))
    ;;> success
    (call $show (call $load_by_name (i32.const -7) (i32.const 8) (global.get $OUT)))
    ;;> invalid_argument
    ;; A name of almost 4 GiB is merely too long.
    (call $show (call $load_by_name (i32.const 0) (i32.const -1) (global.get $OUT)))
    ;;> invalid_argument
    ;; A buffer of almost 4 GiB.
    (call $must (call $compute (local.get $context)))
    (call $show (call $get_output (local.get $context) (i32.const 0) (i32.const 1) (i32.const -1)
      (i32.const -4)))
    ;;> success
    (call $show_floats (i32.const 1) (i32.const 6))
    ;;> 1 2 3 4 5 6
    (call $show_u32 (i32.load (i32.const -4)))
    ;;> 24
    (call $show (call $get_output (local.get $context) (i32.const 0) (i32.const 2) (i32.const -1)
      (i32.const -4)))
    ;;> invalid_argument
  )
)
