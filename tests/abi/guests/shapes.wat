;; Shapes and lengths that the graph does not accept; the previous tensor stays set.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $CONTEXT (mut i32) (i32.const 0))

  ;; set_input for "identity", f32 [2,3], with two dimensions and $data_len bytes of OTHER.
  (func $try (param $a i32) (param $b i32) (param $data_len i32)
    (i32.store (global.get $DIMS) (local.get $a))
    (i32.store offset=4 (global.get $DIMS) (local.get $b))
    (call $show (call $set (global.get $CONTEXT) (i32.const 0) (global.get $F32) (i32.const 2)
      (global.get $OTHER) (local.get $data_len))))

  (func (export "_start")
    (global.set $CONTEXT (call $identity))
    (call $must (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))

    ;; A wrong extent, although the product is right.
    (call $try (i32.const 3) (i32.const 2) (i32.const 24))
    ;;> invalid_argument
    (call $try (i32.const 1) (i32.const 6) (i32.const 24))
    ;;> invalid_argument
    (call $try (i32.const 2) (i32.const 4) (i32.const 32))
    ;;> invalid_argument
    ;; Zero extents.
    (call $try (i32.const 0) (i32.const 3) (i32.const 0))
    ;;> invalid_argument
    (call $try (i32.const 2) (i32.const 0) (i32.const 24))
    ;;> invalid_argument
    ;; Wrong ranks.
    (i32.store (global.get $DIMS) (i32.const 6))
    (call $show (call $set (global.get $CONTEXT) (i32.const 0) (global.get $F32) (i32.const 1)
      (global.get $OTHER) (i32.const 24)))
    ;;> invalid_argument
    (call $show (call $set (global.get $CONTEXT) (i32.const 0) (global.get $F32) (i32.const 0)
      (global.get $OTHER) (i32.const 4)))
    ;;> invalid_argument
    ;; [2,3,1]
    (i32.store (global.get $DIMS) (i32.const 2))
    (i32.store offset=4 (global.get $DIMS) (i32.const 3))
    (i32.store offset=8 (global.get $DIMS) (i32.const 1))
    (call $show (call $set (global.get $CONTEXT) (i32.const 0) (global.get $F32) (i32.const 3)
      (global.get $OTHER) (i32.const 24)))
    ;;> invalid_argument
    ;; Wrong data lengths.
    (call $try (i32.const 2) (i32.const 3) (i32.const 0))
    ;;> invalid_argument
    (call $try (i32.const 2) (i32.const 3) (i32.const 6))
    ;;> invalid_argument
    (call $try (i32.const 2) (i32.const 3) (i32.const 20))
    ;;> invalid_argument
    (call $try (i32.const 2) (i32.const 3) (i32.const 23))
    ;;> invalid_argument
    (call $try (i32.const 2) (i32.const 3) (i32.const 25))
    ;;> invalid_argument
    (call $try (i32.const 2) (i32.const 3) (i32.const 48))
    ;;> invalid_argument
    ;; A wrong type, of the same size and of another.
    (call $show (call $set (global.get $CONTEXT) (i32.const 0) (global.get $I32) (i32.const 2)
      (global.get $OTHER) (i32.const 24)))
    ;;> invalid_argument
    (call $show (call $set (global.get $CONTEXT) (i32.const 0) (global.get $F16) (i32.const 2)
      (global.get $OTHER) (i32.const 12)))
    ;;> invalid_argument

    (call $must (call $compute (global.get $CONTEXT)))
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 1 2 3 4 5 6
    (call $try (i32.const 2) (i32.const 3) (i32.const 24))
    ;;> success
    (call $must (call $compute (global.get $CONTEXT)))
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 7 8 9 10 11 12
  )
)
