;; A memory of more than 4 GiB: no 32-bit pointer wraps round or goes beyond its end.
(module
;;include imports
  (memory (export "memory") i64 65537)
  (data (i64.const 0x200) "identity")
  (func (export "_start")
    ;; A handle that straddles the 4 GiB boundary.
    (call $show (call $load_by_name (i32.const 0x200) (i32.const 8) (i32.const -2)))
    ;;> success
    (call $show (call $init_execution_context (i32.load (i64.const 0xfffffffe)) (i32.const -1)))
    ;;> success
    (call $show (call $compute (i32.load (i64.const 0xffffffff))))
    ;;> invalid_argument
    (call $show_u32 (i32.load (i64.const 0)))
    ;;> 0
  )
)
