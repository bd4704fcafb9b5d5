;; A memory that threads share works like any other.
(module
;;include prelude
  (memory (export "memory") 1 4 shared)
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 2")
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $identity))
    (call $show (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    ;;> success
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2 3 4 5 6
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> success
    ;; Its current bounds count, not those that it may grow to.
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (i32.const 0xfffd)))
    ;;> invalid_argument
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (i32.const 0xfffc)))
    ;;> success
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $END)))
    ;;> invalid_argument
    (call $show_u32 (memory.grow (i32.const 1)))
    ;;> 1
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $END)))
    ;;> success
    (call $show (call $init_execution_context (i32.load (global.get $END)) (global.get $OUT)))
    ;;> success
  )
)
