;; Every encoding of the ABI, served or not. Any other number is not an encoding.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $BUILDER i32 (i32.const 0x1000))
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 1")
  (data (i32.const 0x1020) "<net  />")
  (data (i32.const 0x1030) "\0a\06\0a\01a\12\01b")
  (func $try (param $encoding i32)
    (call $show (call $load (global.get $BUILDER) (i32.const 1) (local.get $encoding) (i32.const 0)
      (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 0))
    ;;> success
    (call $show_last_load)
    ;;> openvino cpu 7 bytes
    (call $try (i32.const 1))
    ;;> success
    (call $show_last_load)
    ;;> onnx cpu 7 bytes
    (call $try (i32.const 4))
    ;;> success
    (call $show_last_load)
    ;;> tensorflowlite cpu 7 bytes
    (i32.store (global.get $OUT) (i32.const 77))
    ;; The encoding must be detected, but this text has none, so no backend sees it.
    (call $try (i32.const 5))
    ;;> invalid_encoding
    (call $show_last_load)
    ;;> tensorflowlite cpu 7 bytes
    ;; TensorFlow and PyTorch, which no backend of this host reads.
    (call $try (i32.const 2))
    ;;> invalid_encoding
    (call $try (i32.const 3))
    ;;> invalid_encoding
    ;; The number that other hosts use for GGML, although this host has a backend for GGML.
    (call $try (i32.const 6))
    ;;> invalid_encoding
    (call $try (i32.const 7))
    ;;> invalid_encoding
    (call $try (i32.const 0x100))
    ;;> invalid_encoding
    (call $try (i32.const 0x101))
    ;;> invalid_encoding
    (call $try (i32.const 0x80000000))
    ;;> invalid_encoding
    (call $try (i32.const -1))
    ;;> invalid_encoding
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $loads))
    ;;> 3
    ;; What looks like an OpenVINO IR reaches a backend as one; this backend's models are different
    ;; text.
    (i32.store (global.get $BUILDER) (i32.const 0x1020))
    (i32.store offset=4 (global.get $BUILDER) (i32.const 8))
    (call $try (i32.const 5))
    ;;> runtime_error
    (call $show_last_load)
    ;;> openvino cpu 8 bytes
    ;; A TensorFlow graph is recognized, but no backend of this host reads it.
    (i32.store (global.get $BUILDER) (i32.const 0x1030))
    (call $try (i32.const 5))
    ;;> invalid_encoding
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_u32 (call $loads))
    ;;> 4
  )
)
