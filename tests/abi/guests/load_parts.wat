;; load: how many parts a model may have, and empty parts.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $BUILDERS i32 (i32.const 0x1000))
  (data (i32.const 0x1100) "io u8 1")
  (func $try (param $count i32)
    (call $show (call $load (global.get $BUILDERS) (local.get $count) (i32.const 1) (i32.const 0)
      (global.get $OUT))))
  (func (export "_start")
    ;; The second part is empty, even at the end of the memory.
    (i32.store (global.get $BUILDERS) (i32.const 0x1100))
    (i32.store offset=4 (global.get $BUILDERS) (i32.const 7))
    (i32.store offset=8 (global.get $BUILDERS) (global.get $END))
    (i32.store offset=16 (global.get $BUILDERS) (global.get $END))
    (call $try (i32.const 1))
    ;;> success
    (call $show_last_load)
    ;;> onnx cpu 7 bytes
    (call $try (i32.const 2))
    ;;> success
    (call $show_last_load)
    ;;> onnx cpu 7+0 bytes
    ;; No encoding has three parts.
    (call $try (i32.const 3))
    ;;> invalid_argument
    ;; No parts at all, wherever the array is: no backend is asked.
    (call $try (i32.const 0))
    ;;> invalid_argument
    (call $show (call $load (global.get $END) (i32.const 0) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> invalid_argument
    (call $show_last_load)
    ;;> onnx cpu 7+0 bytes
    (call $show (call $load (i32.const 0x10001) (i32.const 0) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 2
  )
)
