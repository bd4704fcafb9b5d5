;;@ max_graphs 2
;; max_graphs: exactly this many graphs; a refused load takes no slot.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "broken")
  (data (i32.const 0x1010) "nobody")
  (global $BUILDER i32 (i32.const 0x1100))
  (data (i32.const 0x1100) "\10\11\00\00" "\07\00\00\00")
  (data (i32.const 0x1110) "io u8 1")
  (func $by_name
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT))))
  (func $by_bytes (param $encoding i32)
    (call $show (call $load (global.get $BUILDER) (i32.const 1) (local.get $encoding) (i32.const 0)
      (global.get $OUT))))
  (func (export "_start")
    (local $graph i32)
    (call $by_name)
    ;;> success
    (local.set $graph (i32.load (global.get $OUT)))
    ;; More refusals than there are slots.
    (call $show (call $load_by_name (i32.const 0x1000) (i32.const 6) (global.get $OUT)))
    ;;> runtime_error
    (call $show (call $load_by_name (i32.const 0x1010) (i32.const 6) (global.get $OUT)))
    ;;> not_found
    (call $show (call $load_by_name (i32.const 0x1010) (i32.const 0) (global.get $OUT)))
    ;;> invalid_argument
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $END)))
    ;;> invalid_argument
    (call $by_bytes (i32.const 2))
    ;;> invalid_encoding
    (call $by_bytes (i32.const 9))
    ;;> invalid_encoding
    (call $by_bytes (i32.const 1))
    ;;> success
    ;; All slots are taken, by whichever call.
    (i32.store (global.get $OUT) (i32.const 77))
    (call $by_name)
    ;;> too_large
    (call $by_bytes (i32.const 1))
    ;;> too_large
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    ;; Open graphs work.
    (call $show (call $init_execution_context (local.get $graph) (global.get $OUT)))
    ;;> success
    ;; Loads of the broken model, of "identity", and of the guest's own model that a backend serves.
    (call $show_u32 (call $loads))
    ;;> 3
  )
)
