;; From load_by_name to the output of a named model.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $graph i32) (local $context i32)
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> success
    (local.set $graph (i32.load (global.get $OUT)))
    (call $show (call $init_execution_context (local.get $graph) (global.get $OUT)))
    ;;> success
    (local.set $context (i32.load (global.get $OUT)))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show (call $get_output (local.get $context) (i32.const 0) (global.get $BUFFER)
      (global.get $BUFFER_MAX) (global.get $OUT)))
    ;;> success
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 24
    (call $show_floats (global.get $BUFFER) (i32.const 6))
    ;;> 1 2 3 4 5 6

    ;; An output may be read again.
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2 3 4 5 6
  )
)
