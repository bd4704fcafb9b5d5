;; A memory with 64-bit addresses: the ABI's pointers have 32 bits, so they reach only its first 4
;; GiB.
(module
;;include imports
  (memory (export "memory") i64 1)
  (data (i64.const 0x200) "identity")
  (func (export "_start")
    (call $show (call $load_by_name (i32.const 0x200) (i32.const 8) (i32.const 0x10)))
    ;;> success
    (call $show (call $init_execution_context (i32.load (i64.const 0x10)) (i32.const 0x10)))
    ;;> success
    (call $show (call $load_by_name (i32.const 0x200) (i32.const 8) (i32.const 0xfffd)))
    ;;> invalid_argument
    (call $show (call $load_by_name (i32.const 0x200) (i32.const -1) (i32.const 0x10)))
    ;;> invalid_argument
  )
)
