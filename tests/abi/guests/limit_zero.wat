;;@ max_graphs 0
;;@ max_contexts 0
;;@ max_tensor_bytes 0
;;@ max_model_bytes 0
;; A limit of zero is a limit: nothing can be opened.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 1")
  (func (export "_start")
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> too_large
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> too_large
    (call $show_u32 (call $loads))
    ;;> 0
  )
)
