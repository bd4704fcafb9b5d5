;; A guest without a memory: every function reports that, whatever its arguments.
(module
;;include imports
  (func (export "_start")
    (call $show (call $load (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))
    ;;> missing_memory
    (call $show (call $load_by_name (i32.const 0) (i32.const 0) (i32.const 0)))
    ;;> missing_memory
    (call $show (call $init_execution_context (i32.const 0) (i32.const 0)))
    ;;> missing_memory
    (call $show (call $set_input (i32.const 0) (i32.const 0) (i32.const 0)))
    ;;> missing_memory
    (call $show (call $compute (i32.const 0)))
    ;;> missing_memory
    (call $show (call $get_output (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0)))
    ;;> missing_memory
    ;; Even with an unknown encoding and target.
    (call $show (call $load (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1)
      (i32.const -1)))
    ;;> missing_memory
  )
)
