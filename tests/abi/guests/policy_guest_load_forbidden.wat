;;@ guest_load forbidden
;; A guest that may not supply models gets unsupported_operation, since this ABI has no code for it.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 1")
  (func (export "_start")
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> unsupported_operation
    ;; An argument that is always invalid is invalid here, too.
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 9) (i32.const 0)
      (global.get $OUT)))
    ;;> invalid_encoding
    (call $show (call $load (i32.const -1) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $loads))
    ;;> 0
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> success
  )
)
