;; A guest without a memory: every function says so, whatever it is called with.
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
    ;; Also an encoding and a target that are none.
    (call $show (call $load (i32.const -1) (i32.const -1) (i32.const -1) (i32.const -1)
      (i32.const -1)))
    ;;> missing_memory
  )
)
