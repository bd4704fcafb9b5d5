;; A module's own start function runs before _start, and may use wasi-nn.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $CONTEXT (mut i32) (i32.const 0))
  (start $init)
  (func $init
    (global.set $CONTEXT (call $identity))
    (call $show (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))
    ;;> success
  )
  (func (export "_start")
    (call $show (call $compute (global.get $CONTEXT)))
    ;;> success
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 1 2 3 4 5 6
  )
)
