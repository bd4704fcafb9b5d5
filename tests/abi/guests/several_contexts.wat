;; Contexts of one graph, and graphs of one name, are independent. The model is loaded once.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $first i32) (local $second i32) (local $third i32) (local $graph i32)
    (local.set $graph (call $open (global.get $NAME) (global.get $NAME_LEN)))
    (local.set $first (call $new_context (local.get $graph)))
    (local.set $second (call $new_context (local.get $graph)))
    ;; A second handle for the same name.
    (local.set $third (call $identity))
    (call $show_u32 (call $loads))
    ;;> 1
    (call $show_u32 (call $contexts))
    ;;> 3
    (call $show_u32 (i32.eq (local.get $first) (local.get $second)))
    ;;> 0
    (call $show_u32 (i32.eq (local.get $second) (local.get $third)))
    ;;> 0

    (call $must (call $set_input (local.get $first) (i32.const 0) (global.get $TENSOR)))
    ;; One context's input does not affect another.
    (call $show (call $compute (local.get $second)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $third)))
    ;;> invalid_argument
    (i32.store offset=12 (global.get $TENSOR) (global.get $OTHER))
    (call $must (call $set_input (local.get $second) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $set_input (local.get $third) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $compute (local.get $first)))
    ;; Nor does its output.
    (call $show (call $get (local.get $second) (i32.const 0)))
    ;;> invalid_argument
    (call $must (call $compute (local.get $second)))
    (call $show_output_f32 (local.get $first) (i32.const 0))
    ;;> 1 2 3 4 5 6
    (call $show_output_f32 (local.get $second) (i32.const 0))
    ;;> 7 8 9 10 11 12
  )
)
