;;@ max_model_bytes 15
;; max_model_bytes: a model's parts together, exact to the byte. Named models belong to the host and
;; do not count.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1010) "io u8 1\0a")
  (data (i32.const 0x1020) "io u8 2\0a")
  (data (i32.const 0x1030) "two")  ;; more than 15 bytes
  ;; Two builders, of 8 bytes and of $second bytes.
  (func $try (param $second i32)
    (i32.store (i32.const 0x1000) (i32.const 0x1010))
    (i32.store (i32.const 0x1004) (i32.const 8))
    (i32.store (i32.const 0x1008) (i32.const 0x1020))
    (i32.store (i32.const 0x100c) (local.get $second))
    (call $show (call $load (i32.const 0x1000) (i32.const 2) (i32.const 1) (i32.const 0)
      (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 7))
    ;;> success
    (call $show_last_load)
    ;;> onnx cpu 8+7 bytes
    (call $try (i32.const 8))
    ;;> too_large
    (call $try (i32.const 0x8000))
    ;;> too_large
    ;; Exceeding the limit does not hide a bad pointer.
    (call $try (i32.const -1))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 1
    (call $show (call $load_by_name (i32.const 0x1030) (i32.const 3) (global.get $OUT)))
    ;;> success
  )
)
