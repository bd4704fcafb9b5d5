;; A memory that the guest does not export.
(module
;;include prelude
  (memory 1)
  (func (export "_start")
    (call $show (call $load (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> missing_memory
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> missing_memory
    (call $show (call $init_execution_context (i32.const 1) (global.get $OUT)))
    ;;> missing_memory
    (call $show (call $set_input (i32.const 1) (i32.const 0) (global.get $TENSOR)))
    ;;> missing_memory
    (call $show (call $compute (i32.const 1)))
    ;;> missing_memory
    (call $show (call $get (i32.const 1) (i32.const 0)))
    ;;> missing_memory
    (call $show_u32 (call $loads))
    ;;> 0
  )
)
