;; A guest with several memories: the one exported as "memory" counts, whichever it is.
(module
;;include imports
  (memory $first (export "first") 1)
  (memory $second (export "memory") 1)
  (data (memory $second) (i32.const 0x200) "identity")
  (func (export "_start")
    (call $show (call $load_by_name (i32.const 0x200) (i32.const 8) (i32.const 0x10)))
    ;;> success
    (call $show_u32 (i32.load $first (i32.const 0x10)))
    ;;> 0
    (call $show (call $init_execution_context (i32.load $second (i32.const 0x10)) (i32.const 0x10)))
    ;;> success
  )
)
