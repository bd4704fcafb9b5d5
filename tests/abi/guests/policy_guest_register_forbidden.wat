;;@ dir models
;; A guest that may not register names: with valid pointers, all three functions are unsupported
;; operations.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "io u8 2\0a")
  (data (i32.const 0x1010) "\00\10\00\00" "\08\00\00\00")
  (data (i32.const 0x1100) "models/model.txt")
  (func $named (param $name i32) (param $name_len i32) (result i32)
    (call $load_named (i32.const 0x1010) (i32.const 1) (i32.const 1) (i32.const 0)
      (local.get $name) (local.get $name_len) (global.get $OUT)))
  (func (export "_start")
    (call $show (call $named (i32.const 0x1100) (i32.const 4)))
    ;;> unsupported_operation
    (call $show (call $named (i32.const -1) (i32.const 4)))
    ;;> invalid_argument
    (call $show (call $register_named (i32.const 0x1100) (i32.const 4) (i32.const 4) (i32.const 0)
      (i32.const 0x1100) (i32.const 16)))
    ;;> unsupported_operation
    ;; Whether the name exists or not.
    (call $show (call $unregister_named (global.get $NAME) (global.get $NAME_LEN)))
    ;;> unsupported_operation
    (call $show (call $unregister_named (i32.const 0x1100) (i32.const 4)))
    ;;> unsupported_operation
    (call $show_u32 (call $loads))
    ;;> 0
  )
)
