;;@ isolation process
;; Workers may use no other device than the processor.
;; Every target of the ABI reaches the backend unchanged. An absent device is an error, never
;; another device. Any other number is not a target.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $BUILDER i32 (i32.const 0x1000))
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 1")
  (func $try (param $target i32)
    (call $show (call $load (global.get $BUILDER) (i32.const 1) (i32.const 1) (local.get $target)
      (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 0))
    ;;> success
    (call $show_last_load)
    ;;> onnx cpu 7 bytes
    (call $try (i32.const 1))
    ;;> success
    (call $show_last_load)
    ;;> onnx gpu 7 bytes
    (call $try (i32.const 3))
    ;;> success
    (call $show_last_load)
    ;;> onnx auto 7 bytes
    (i32.store (global.get $OUT) (i32.const 77))
    ;; The backend has no TPU.
    (call $try (i32.const 2))
    ;;> unsupported_operation
    (call $show_last_load)
    ;;> onnx tpu 7 bytes
    (call $try (i32.const 4))
    ;;> invalid_argument
    (call $try (i32.const 0x100))
    ;;> invalid_argument
    (call $try (i32.const 0x80000000))
    ;;> invalid_argument
    (call $try (i32.const -1))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $graphs))
    ;;> 3
  )
)
