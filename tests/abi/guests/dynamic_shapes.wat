;; A dynamic dimension accepts any extent, a bounded one every extent within its bounds. An output
;; has the size from the last compute.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "dynamic")  ;; u8 [?,3]
  (data (i32.const 0x1010) "bounded")  ;; u8 [2..4]

  ;; set_input with shape [$a,$b] and a * b bytes, from the name "identity" and what follows it.
  (func $try (param $context i32) (param $a i32) (param $b i32)
    (i32.store (global.get $DIMS) (local.get $a))
    (i32.store offset=4 (global.get $DIMS) (local.get $b))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $U8) (i32.const 2)
      (global.get $NAME) (i32.mul (local.get $a) (local.get $b)))))

  (func $try_list (param $context i32) (param $elements i32)
    (call $show (call $set_list (local.get $context) (i32.const 0) (global.get $U8)
      (local.get $elements) (global.get $NAME) (local.get $elements))))

  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 7)))
    (call $try (local.get $context) (i32.const 2) (i32.const 3))
    ;;> success
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64 65 6e 74 69
    (call $try (local.get $context) (i32.const 1) (i32.const 3))
    ;;> success
    ;; Until the next compute, the output is the old one.
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64 65 6e 74 69
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64 65
    (call $try (local.get $context) (i32.const 0x4000) (i32.const 3))
    ;;> success
    (call $must (call $compute (local.get $context)))
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> too_large
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 49152
    (call $try (local.get $context) (i32.const 0) (i32.const 3))
    ;;> success
    (call $try (local.get $context) (i32.const 3) (i32.const 2))
    ;;> invalid_argument
    (call $try (local.get $context) (i32.const 3) (i32.const 4))
    ;;> invalid_argument

    (local.set $context (call $context_of (i32.const 0x1010) (i32.const 7)))
    (call $try_list (local.get $context) (i32.const 2))
    ;;> success
    (call $try_list (local.get $context) (i32.const 4))
    ;;> success
    (call $try_list (local.get $context) (i32.const 0))
    ;;> invalid_argument
    (call $try_list (local.get $context) (i32.const 1))
    ;;> invalid_argument
    (call $try_list (local.get $context) (i32.const 5))
    ;;> invalid_argument
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64 65 6e
  )
)
