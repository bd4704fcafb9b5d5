;;@ guest_register instance
;;@ host_models granted
;;@ dir models
;;@ load_timeout_ms 20
;; register_named: a model whose load takes too long gets no name, now or later.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "mine")
  (data (i32.const 0x1100) "models/slow.txt")  ;; its load never ends
  (func (export "_start")
    (call $show (call $register_named (i32.const 0x1000) (i32.const 4) (i32.const 4) (i32.const 0)
      (i32.const 0x1100) (i32.const 15)))
    ;;> runtime_error
    (call $show (call $get_named (i32.const 0x1000) (i32.const 4) (global.get $OUT)))
    ;;> not_found
    (call $show (call $unregister_named (i32.const 0x1000) (i32.const 4)))
    ;;> not_found
  )
)
