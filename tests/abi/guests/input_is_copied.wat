;; Changing guest memory after set_input has no effect, and neither has changing outputs that were
;; read.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;; The data, the dimensions, and the tensor itself.
    (call $fill (global.get $DATA) (i32.const 0xff) (i32.const 24))
    (call $fill (global.get $DIMS) (i32.const 0xff) (i32.const 8))
    (call $fill (global.get $TENSOR) (i32.const 0xff) (i32.const 20))
    (call $must (call $compute (local.get $context)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2 3 4 5 6
    (call $fill (global.get $BUFFER) (i32.const 0xff) (i32.const 24))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2 3 4 5 6
  )
)
