;;@ max_contexts 2
;; max_contexts: exactly this many execution contexts, over all graphs; a refused one takes no slot.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "two")
  (data (i32.const 0x1010) "unmade")
  (func (export "_start")
    (local $one i32) (local $two i32) (local $unmade i32) (local $context i32)
    (local.set $one (call $open (global.get $NAME) (global.get $NAME_LEN)))
    (local.set $two (call $open (i32.const 0x1000) (i32.const 3)))
    (local.set $unmade (call $open (i32.const 0x1010) (i32.const 6)))
    (local.set $context (call $new_context (local.get $one)))
    ;; More refusals than there are slots.
    (call $show (call $init_execution_context (local.get $unmade) (global.get $OUT)))
    ;;> runtime_error
    (call $show (call $init_execution_context (local.get $unmade) (global.get $OUT)))
    ;;> runtime_error
    (call $show (call $init_execution_context (local.get $one) (global.get $END)))
    ;;> invalid_argument
    (call $show (call $init_execution_context (i32.const 0) (global.get $OUT)))
    ;;> invalid_argument
    (call $show (call $init_execution_context (local.get $two) (global.get $OUT)))
    ;;> success
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $init_execution_context (local.get $one) (global.get $OUT)))
    ;;> too_large
    (call $show (call $init_execution_context (local.get $two) (global.get $OUT)))
    ;;> too_large
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $contexts))
    ;;> 2
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
    (call $show (call $compute (local.get $context)))
    ;;> success
  )
)
