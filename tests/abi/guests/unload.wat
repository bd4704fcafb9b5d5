;; unload and finalize_execution_context: each handle once, and only of its own kind. A context goes
;; on after its graph's handle is closed.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\08\00\00\00")
  (data (i32.const 0x1010) "io u8 2\0a")
  (func (export "_start")
    (local $graph i32)
    (local $context i32)
    (call $must (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    (local.set $graph (i32.load (global.get $OUT)))
    (local.set $context (call $new_context (local.get $graph)))
    ;; Handles of the other kind, made up, and zero.
    (call $show (call $unload (local.get $context)))
    ;;> invalid_argument
    (call $show (call $finalize_execution_context (local.get $graph)))
    ;;> invalid_argument
    (call $show (call $unload (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $unload (i32.const -1)))
    ;;> invalid_argument
    (call $show (call $unload (i32.add (local.get $graph) (i32.const 1))))
    ;;> invalid_argument
    (call $show (call $finalize_execution_context (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $finalize_execution_context (i32.const -1)))
    ;;> invalid_argument

    (call $show (call $unload (local.get $graph)))
    ;;> success
    (call $show (call $unload (local.get $graph)))
    ;;> invalid_argument
    (call $show (call $init_execution_context (local.get $graph) (global.get $OUT)))
    ;;> invalid_argument
    ;; The context is alive, and so is the graph.
    (call $show_u32 (call $graphs))
    ;;> 1
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 2)
      (global.get $NAME) (i32.const 2)))
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64
    (call $show (call $finalize_execution_context (local.get $context)))
    ;;> success
    (call $show (call $finalize_execution_context (local.get $context)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $context)))
    ;;> invalid_argument
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show_u32 (call $contexts))
    ;;> 0
    (call $show_u32 (call $graphs))
    ;;> 0
  )
)
