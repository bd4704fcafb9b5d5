;; No pointer needs alignment.
(module
;;include prelude
  (memory (export "memory") 1)
  ;; Everything at odd addresses: a builder, a model, a tensor, its dimensions and its data.
  (data (i32.const 0x1001) "\11\10\00\00" "\0a\00\00\00")
  (data (i32.const 0x1011) "io f32 2,3")
  (data (i32.const 0x1101) "\21\11\00\00" "\02\00\00\00" "\01\00\00\00"
                           "\31\11\00\00" "\18\00\00\00")
  (data (i32.const 0x1121) "\02\00\00\00" "\03\00\00\00")
  (data (i32.const 0x1131) "\00\00\80\3f" "\00\00\00\40" "\00\00\40\40" "\00\00\80\40"
                           "\00\00\a0\40" "\00\00\c0\40")
  (data (i32.const 0x1201) "identity")
  ;; Works with one graph, whose handle is at $out; every result goes to $out, too.
  (func $through (param $out i32)
    (local $context i32)
    (call $show (call $init_execution_context (i32.load (local.get $out)) (local.get $out)))
    (local.set $context (i32.load (local.get $out)))
    (call $show (call $set_input (local.get $context) (i32.const 0) (i32.const 0x1101)))
    (call $show (call $compute (local.get $context)))
    (call $show (call $get_output (local.get $context) (i32.const 0) (i32.const 0x1301)
      (i32.const 24) (local.get $out)))
    (call $show_u32 (i32.load (local.get $out)))
    (call $show_floats (i32.const 0x1301) (i32.const 6)))
  (func (export "_start")
    (call $show (call $load (i32.const 0x1001) (i32.const 1) (i32.const 1) (i32.const 0)
      (i32.const 0x13)))
    ;;> success
    (call $through (i32.const 0x13))
    ;;> success
    ;;> success
    ;;> success
    ;;> success
    ;;> 24
    ;;> 1 2 3 4 5 6
    (call $show (call $load_by_name (i32.const 0x1201) (i32.const 8) (i32.const 0x11)))
    ;;> success
    (call $through (i32.const 0x11))
    ;;> success
    ;;> success
    ;;> success
    ;;> success
    ;;> 24
    ;;> 1 2 3 4 5 6
    (call $show (call $load_by_name (i32.const 0x1201) (i32.const 8) (i32.const 0x12)))
    ;;> success
    (call $through (i32.const 0x12))
    ;;> success
    ;;> success
    ;;> success
    ;;> success
    ;;> 24
    ;;> 1 2 3 4 5 6
  )
)
