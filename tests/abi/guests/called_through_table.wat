;; wasi-nn's functions can be called like any other: through a table, and by a tail call.
(module
;;include prelude
  (memory (export "memory") 1)
  (table funcref (elem $compute $load_by_name))
  (type $one (func (param i32) (result i32)))
  (type $three (func (param i32 i32 i32) (result i32)))
  (func $tail (param $context i32) (result i32)
    (return_call $compute (local.get $context)))
  (func (export "_start")
    (local $context i32)
    (call $show (call_indirect (type $three) (global.get $NAME) (global.get $NAME_LEN)
      (global.get $OUT) (i32.const 1)))
    ;;> success
    (local.set $context (call $new_context (i32.load (global.get $OUT))))
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    (call $show (call_indirect (type $one) (local.get $context) (i32.const 0)))
    ;;> success
    (call $show (call $tail (local.get $context)))
    ;;> success
    (call $show (call $tail (i32.const 0)))
    ;;> invalid_argument
  )
)
