;; Any 1 to 255 bytes of UTF-8 can be a name, even one that looks like a path or is a space. Names
;; are compared byte for byte.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "models/photo")
  (data (i32.const 0x1010) " ")
  (data (i32.const 0x1020) "модель")
  (data (i32.const 0x1030) "🦀")
  (func $try (param $name i32) (param $length i32)
    (call $show (call $load_by_name (local.get $name) (local.get $length) (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 0x1000) (i32.const 12))
    ;;> success
    (call $try (i32.const 0x1010) (i32.const 1))
    ;;> success
    (call $try (i32.const 0x1020) (i32.const 12))
    ;;> success
    (call $try (i32.const 0x1030) (i32.const 4))
    ;;> success
    ;; 255 times "n".
    (call $fill (i32.const 0x2000) (i32.const 0x6e) (i32.const 256))
    (call $try (i32.const 0x2000) (i32.const 255))
    ;;> success
    (call $try (i32.const 0x2000) (i32.const 254))
    ;;> not_found
    (call $try (i32.const 0x2000) (i32.const 256))
    ;;> invalid_argument
  )
)
