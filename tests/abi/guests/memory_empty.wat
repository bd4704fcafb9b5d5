;; A memory of no pages: nothing fits in it, not even an empty result.
(module
;;include imports
  (memory (export "memory") 0)
  (func (export "_start")
    (call $show (call $load (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $load_by_name (i32.const 0) (i32.const 0) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $init_execution_context (i32.const 0) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $set_input (i32.const 0) (i32.const 0) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $compute (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $get_output (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0)))
    ;;> invalid_argument
  )
)
