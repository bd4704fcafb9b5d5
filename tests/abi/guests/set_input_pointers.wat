;; set_input: the tensor, its dimensions or its data are out of bounds; the previous tensor stays
;; set.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $CONTEXT (mut i32) (i32.const 0))
  (func $try_tensor (param $tensor i32)
    (call $show (call $set_input (global.get $CONTEXT) (i32.const 0) (local.get $tensor))))
  (func $try_dims (param $dims i32) (param $rank i32)
    (call $put_tensor (local.get $dims) (local.get $rank) (global.get $F32) (global.get $OTHER)
      (i32.const 24))
    (call $try_tensor (global.get $TENSOR)))
  (func $try_data (param $data i32) (param $data_len i32)
    (call $put_tensor (global.get $DIMS) (i32.const 2) (global.get $F32) (local.get $data)
      (local.get $data_len))
    (call $try_tensor (global.get $TENSOR)))

  (func (export "_start")
    (global.set $CONTEXT (call $identity))
    (call $must (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))

    ;; The tensor, of 20 bytes.
    (call $try_tensor (i32.const 0xffed))
    ;;> invalid_argument
    (call $try_tensor (i32.const 0xffff))
    ;;> invalid_argument
    (call $try_tensor (global.get $END))
    ;;> invalid_argument
    (call $try_tensor (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try_tensor (i32.const -20))
    ;;> invalid_argument
    (call $try_tensor (i32.const -1))
    ;;> invalid_argument

    ;; Its dimensions, two of 4 bytes each.
    (call $try_dims (i32.const 0xfff9) (i32.const 2))
    ;;> invalid_argument
    (call $try_dims (global.get $END) (i32.const 2))
    ;;> invalid_argument
    (call $try_dims (i32.const 0x80000000) (i32.const 2))
    ;;> invalid_argument
    (call $try_dims (i32.const -8) (i32.const 2))
    ;;> invalid_argument
    (call $try_dims (i32.const -1) (i32.const 2))
    ;;> invalid_argument
    (call $try_dims (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    ;; Ranks whose dimensions take 8 bytes modulo 2^32, and the largest rank.
    (call $try_dims (global.get $DIMS) (i32.const 0x40000002))
    ;;> invalid_argument
    (call $try_dims (global.get $DIMS) (i32.const 0x80000002))
    ;;> invalid_argument
    (call $try_dims (global.get $DIMS) (i32.const 65))
    ;;> invalid_argument
    (call $try_dims (global.get $DIMS) (i32.const -1))
    ;;> invalid_argument

    ;; Its data.
    (call $try_data (i32.const 0xffe9) (i32.const 24))
    ;;> invalid_argument
    (call $try_data (global.get $END) (i32.const 24))
    ;;> invalid_argument
    (call $try_data (i32.const 0x80000000) (i32.const 24))
    ;;> invalid_argument
    (call $try_data (i32.const -24) (i32.const 24))
    ;;> invalid_argument
    (call $try_data (i32.const -1) (i32.const 24))
    ;;> invalid_argument
    (call $try_data (i32.const -1) (i32.const 25))
    ;;> invalid_argument
    (call $try_data (i32.const 0x10001) (i32.const 0))
    ;;> invalid_argument
    (call $try_data (global.get $OTHER) (i32.const -24))
    ;;> invalid_argument
    (call $try_data (global.get $OTHER) (i32.const 0x80000018))
    ;;> invalid_argument
    (call $try_data (global.get $OTHER) (i32.const -1))
    ;;> invalid_argument

    (call $must (call $compute (global.get $CONTEXT)))
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 1 2 3 4 5 6

    ;; Each of them in turn in the last bytes of the memory.
    (memory.copy (i32.const 0xffe8) (global.get $OTHER) (i32.const 24))
    (call $try_data (i32.const 0xffe8) (i32.const 24))
    ;;> success
    (memory.copy (i32.const 0xfff8) (global.get $DIMS) (i32.const 8))
    (call $try_dims (i32.const 0xfff8) (i32.const 2))
    ;;> success
    (memory.copy (i32.const 0xffec) (global.get $TENSOR) (i32.const 20))
    (i32.store (i32.const 0xffec) (global.get $DIMS))
    (call $try_tensor (i32.const 0xffec))
    ;;> success
    (call $must (call $compute (global.get $CONTEXT)))
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 7 8 9 10 11 12
  )
)
