;; Tries a context and then a graph that belong to another instance.
(module
;;include prelude
  (memory (export "memory") 1)
  (func $try
    (i32.store offset=12 (global.get $TENSOR) (global.get $OTHER))
    (call $show (call $set_input (call $kept) (i32.const 0) (global.get $TENSOR)))
    (call $show (call $compute (call $kept)))
    (call $show (call $get (call $kept) (i32.const 0)))
    (i32.store offset=12 (global.get $TENSOR) (global.get $DATA)))
  (func (export "_start")
    (local $context i32)
    ;; With nothing open itself.
    (call $try)
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (local.set $context (call $identity))
    (call $try)
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    (call $show (call $compute (local.get $context)))
    ;;> success
  )
  (func (export "try_graph")
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $init_execution_context (call $kept) (global.get $OUT)))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
  )
)
