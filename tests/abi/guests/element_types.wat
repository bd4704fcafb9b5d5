;; All six element types pass through bit for bit. No other number is a type. A type that the graph
;; does not have is refused, and nothing is converted.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "f16")
  (data (i32.const 0x1010) "f32")
  (data (i32.const 0x1020) "f64")
  (data (i32.const 0x1030) "u8")
  (data (i32.const 0x1040) "i32")
  (data (i32.const 0x1050) "i64")
  ;; Element types of the core that have no number in the ABI.
  (data (i32.const 0x1060) "bf16")
  (data (i32.const 0x1070) "i8")
  (data (i32.const 0x1080) "u32")
  (data (i32.const 0x1090) "bool")
  ;; A signalling NaN in every float type, a pattern that no conversion would preserve.
  (global $BITS i32 (i32.const 0x1100))
  (data (i32.const 0x1100) "\01\7c\80\7f" "\01\00\a0\7f" "\ff\80\f0\7f" "\ef\be\ad\de")

  ;; Sends two elements of $size bytes through a model and prints what comes back.
  (func $through (param $context i32) (param $type i32) (param $size i32)
    (call $show (call $set_list (local.get $context) (i32.const 0) (local.get $type) (i32.const 2)
      (global.get $BITS) (i32.shl (local.get $size) (i32.const 1))))
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0)))

  ;; Prints how many of the 256 numbers are accepted as the type of an input of $size bytes.
  (func $show_accepted (param $context i32) (param $size i32)
    (local $type i32) (local $accepted i32) (local $errno i32)
    (loop $next
      (local.set $errno (call $set_list (local.get $context) (i32.const 0) (local.get $type)
        (i32.const 2) (global.get $BITS) (i32.shl (local.get $size) (i32.const 1))))
      (if (i32.eqz (local.get $errno))
        (then (local.set $accepted (i32.add (local.get $accepted) (i32.const 1))))
        ;; All other numbers are an invalid argument.
        (else (if (i32.ne (local.get $errno) (i32.const 1))
          (then (call $show (local.get $errno))))))
      (local.set $type (i32.add (local.get $type) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $type) (i32.const 256))))
    (call $show_u32 (local.get $accepted)))

  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 3)))
    (call $through (local.get $context) (global.get $F16) (i32.const 2))
    ;;> success
    ;;> 01 7c 80 7f
    (call $show_accepted (local.get $context) (i32.const 2))
    ;;> 1

    (local.set $context (call $context_of (i32.const 0x1010) (i32.const 3)))
    (call $through (local.get $context) (global.get $F32) (i32.const 4))
    ;;> success
    ;;> 01 7c 80 7f 01 00 a0 7f
    (call $show_accepted (local.get $context) (i32.const 4))
    ;;> 1

    (local.set $context (call $context_of (i32.const 0x1020) (i32.const 3)))
    (call $through (local.get $context) (global.get $F64) (i32.const 8))
    ;;> success
    ;;> 01 7c 80 7f 01 00 a0 7f ff 80 f0 7f ef be ad de
    (call $show_accepted (local.get $context) (i32.const 8))
    ;;> 1

    (local.set $context (call $context_of (i32.const 0x1030) (i32.const 2)))
    (call $through (local.get $context) (global.get $U8) (i32.const 1))
    ;;> success
    ;;> 01 7c
    (call $show_accepted (local.get $context) (i32.const 1))
    ;;> 1

    (local.set $context (call $context_of (i32.const 0x1040) (i32.const 3)))
    (call $through (local.get $context) (global.get $I32) (i32.const 4))
    ;;> success
    ;;> 01 7c 80 7f 01 00 a0 7f
    (call $show_accepted (local.get $context) (i32.const 4))
    ;;> 1

    (local.set $context (call $context_of (i32.const 0x1050) (i32.const 3)))
    (call $through (local.get $context) (global.get $I64) (i32.const 8))
    ;;> success
    ;;> 01 7c 80 7f 01 00 a0 7f ff 80 f0 7f ef be ad de
    (call $show_accepted (local.get $context) (i32.const 8))
    ;;> 1

    ;; Elements of the same size are not mistaken for one another, except that i8 and bool are
    ;; passed as u8; a bool's bytes must be 0 or 1.
    (call $show_accepted (call $context_of (i32.const 0x1060) (i32.const 4)) (i32.const 2))
    ;;> 0
    (call $show_accepted (call $context_of (i32.const 0x1070) (i32.const 2)) (i32.const 1))
    ;;> 1
    (call $show_accepted (call $context_of (i32.const 0x1080) (i32.const 3)) (i32.const 4))
    ;;> 0
    (call $show_accepted (call $context_of (i32.const 0x1090) (i32.const 4)) (i32.const 1))
    ;;> 0
  )
)
