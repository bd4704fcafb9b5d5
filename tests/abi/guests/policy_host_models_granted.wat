;;@ host_models granted
;; A guest that sees none of the host's models: lookups answer as for unknown names.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 1")
  (data (i32.const 0x1020) "nobody")
  (data (i32.const 0x1030) "broken")
  (func (export "_start")
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> not_found
    (call $show (call $load_by_name (i32.const 0x1020) (i32.const 6) (global.get $OUT)))
    ;;> not_found
    (call $show (call $load_by_name (i32.const 0x1030) (i32.const 6) (global.get $OUT)))
    ;;> not_found
    (call $show (call $load_by_name (i32.const 0x1030) (i32.const 0) (global.get $OUT)))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 0
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> success
  )
)
