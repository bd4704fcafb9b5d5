;; An unknown name is not found; it is never taken as a path, a prefix, or another spelling.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "nobody")
  (data (i32.const 0x1010) "../identity")
  (data (i32.const 0x1020) "./identity")
  (data (i32.const 0x1030) "/etc/passwd")
  (data (i32.const 0x1040) "identity/")
  (data (i32.const 0x1050) "Identity")
  (data (i32.const 0x1060) "identity ")
  (data (i32.const 0x1070) "preload:/etc/passwd")
  (data (i32.const 0x1090) "models//photo")
  (data (i32.const 0x10a0) "0")
  ;; "é" as one code point and as two.
  (data (i32.const 0x10b0) "\c3\a9")
  (data (i32.const 0x10c0) "e\cc\81")
  (func $try (param $name i32) (param $length i32)
    (call $show (call $load_by_name (local.get $name) (local.get $length) (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 0x1000) (i32.const 6))
    ;;> not_found
    (call $try (i32.const 0x1010) (i32.const 11))
    ;;> not_found
    (call $try (i32.const 0x1020) (i32.const 10))
    ;;> not_found
    (call $try (i32.const 0x1030) (i32.const 11))
    ;;> not_found
    (call $try (i32.const 0x1040) (i32.const 9))
    ;;> not_found
    (call $try (i32.const 0x1050) (i32.const 8))
    ;;> not_found
    (call $try (i32.const 0x1060) (i32.const 9))
    ;;> not_found
    (call $try (i32.const 0x1070) (i32.const 19))
    ;;> not_found
    (call $try (i32.const 0x1090) (i32.const 13))
    ;;> not_found
    (call $try (i32.const 0x10a0) (i32.const 1))
    ;;> not_found
    (call $try (i32.const 0x10b0) (i32.const 2))
    ;;> not_found
    (call $try (i32.const 0x10c0) (i32.const 3))
    ;;> not_found
    ;; A name ends where its length says: here "identit".
    (call $try (global.get $NAME) (i32.const 7))
    ;;> not_found
    (call $show_u32 (call $loads))
    ;;> 0
  )
)
