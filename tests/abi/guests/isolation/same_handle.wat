;; Runs as two instances at once; both open the same objects in the same order.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $CONTEXT (mut i32) (i32.const 0))
  (func (export "_start")
    (global.set $CONTEXT (call $identity))
    (call $must (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $compute (global.get $CONTEXT)))
    (call $keep (global.get $CONTEXT)))
  (func (export "set_other")
    (i32.store offset=12 (global.get $TENSOR) (global.get $OTHER))
    (call $must (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))
    (call $must (call $compute (global.get $CONTEXT))))
  (func (export "use")
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 1 2 3 4 5 6
    (call $show (call $compute (global.get $CONTEXT)))
    ;;> success
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 1 2 3 4 5 6
  )
)
