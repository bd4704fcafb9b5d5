;; Each input and output has its own index, and inputs stay set until they are set again.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "two")  ;; f32 [2] and i32 [3]
  (data (i32.const 0x1100) "\01\00\00\00" "\02\00\00\00" "\03\00\00\00")
  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 3)))
    ;; Nothing is computed while any input is missing.
    (call $show (call $compute (local.get $context)))
    ;;> invalid_argument
    (call $must (call $set_list (local.get $context) (i32.const 1) (global.get $I32) (i32.const 3)
      (i32.const 0x1100) (i32.const 12)))
    (call $show (call $compute (local.get $context)))
    ;;> invalid_argument
    (call $show_u32 (call $computes))
    ;;> 0
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $DATA) (i32.const 8)))
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2
    (call $show_output (local.get $context) (i32.const 1))
    ;;> 01 00 00 00 02 00 00 00 03 00 00 00

    ;; Without a new input, the result is the same.
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2
    (call $show_output (local.get $context) (i32.const 1))
    ;;> 01 00 00 00 02 00 00 00 03 00 00 00

    ;; One input is replaced, the other stays.
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $OTHER) (i32.const 8)))
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 7 8
    (call $show_output (local.get $context) (i32.const 1))
    ;;> 01 00 00 00 02 00 00 00 03 00 00 00

    ;; Set twice before a compute: the last value counts.
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $OTHER) (i32.const 8)))
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $DATA) (i32.const 8)))
    (call $must (call $compute (local.get $context)))
    (call $show_output_f32 (local.get $context) (i32.const 0))
    ;;> 1 2
  )
)
