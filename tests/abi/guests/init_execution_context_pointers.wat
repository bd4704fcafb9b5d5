;; init_execution_context: the pointer to the handle is out of bounds; no context is made.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $GRAPH (mut i32) (i32.const 0))
  (func $try (param $out i32)
    (call $show (call $init_execution_context (global.get $GRAPH) (local.get $out))))
  (func (export "_start")
    (global.set $GRAPH (call $open (global.get $NAME) (global.get $NAME_LEN)))
    (i32.store (i32.const 0xfffc) (i32.const 0x55555555))
    (call $try (i32.const 0xfffd))
    ;;> invalid_argument
    (call $try (i32.const 0xffff))
    ;;> invalid_argument
    (call $try (global.get $END))
    ;;> invalid_argument
    (call $try (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try (i32.const -4))
    ;;> invalid_argument
    (call $try (i32.const -1))
    ;;> invalid_argument
    (call $show_u32 (call $contexts))
    ;;> 0
    (call $show_bytes (i32.const 0xfffc) (i32.const 4))
    ;;> 55 55 55 55
    (call $try (i32.const 0xfffc))
    ;;> success
    (call $show (call $set_input (i32.load (i32.const 0xfffc)) (i32.const 0) (global.get $TENSOR)))
    ;;> success
  )
)
