;; Text that can't be a name is an invalid argument, not an unknown name.
(module
;;include prelude
  (memory (export "memory") 1)
  (func $try (param $length i32)
    (call $show (call $load_by_name (i32.const 0x1000) (local.get $length) (global.get $OUT))))
  ;; A name of 1 to 4 bytes, the low byte first.
  (func $try_bytes (param $bytes i32) (param $length i32)
    (i32.store (i32.const 0x1000) (local.get $bytes))
    (call $try (local.get $length)))
  (func (export "_start")
    (i32.store (global.get $OUT) (i32.const 77))
    ;; Empty.
    (call $try (i32.const 0))
    ;;> invalid_argument
    ;; Too long: by one byte, and by as many as the memory holds.
    (call $fill (i32.const 0x1000) (i32.const 0x6e) (i32.const 0xf000))
    (call $try (i32.const 256))
    ;;> invalid_argument
    (call $try (i32.const 0xf000))
    ;;> invalid_argument

    ;; Control characters: NUL alone and before, within and after text; BEL, TAB, LF, ESC, US, DEL,
    ;; and U+0080, U+0085 and U+009F.
    (call $try_bytes (i32.const 0) (i32.const 1))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x006e6e) (i32.const 3))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x6e006e) (i32.const 3))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x6e6e00) (i32.const 3))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x07) (i32.const 1))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x096e) (i32.const 2))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x0a6e) (i32.const 2))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x1b6e) (i32.const 2))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x1f) (i32.const 1))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x7f) (i32.const 1))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x80c2) (i32.const 2))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x85c2) (i32.const 2))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x9fc2) (i32.const 2))
    ;;> invalid_argument

    ;; Not UTF-8: a lone continuation byte.
    (call $try_bytes (i32.const 0x80) (i32.const 1))
    ;;> invalid_argument
    ;; Truncated sequences.
    (call $try_bytes (i32.const 0xc3) (i32.const 1))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x82e2) (i32.const 2))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0xa69ff0) (i32.const 3))
    ;;> invalid_argument
    ;; A sequence interrupted by text.
    (call $try_bytes (i32.const 0x6ec3) (i32.const 2))
    ;;> invalid_argument
    ;; Overlong: "/" in two, three and four bytes, NUL in two.
    (call $try_bytes (i32.const 0xafc0) (i32.const 2))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0xaf80e0) (i32.const 3))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0xaf8080f0) (i32.const 4))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x80c0) (i32.const 2))
    ;;> invalid_argument
    ;; Surrogates: U+D800 and U+DFFF.
    (call $try_bytes (i32.const 0x80a0ed) (i32.const 3))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0xbfbfed) (i32.const 3))
    ;;> invalid_argument
    ;; Above U+10FFFF, a lead byte of five, and bytes that occur in no sequence.
    (call $try_bytes (i32.const 0x808090f4) (i32.const 4))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0x808088f8) (i32.const 4))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0xfe) (i32.const 1))
    ;;> invalid_argument
    (call $try_bytes (i32.const 0xff) (i32.const 1))
    ;;> invalid_argument

    ;; The edges of valid UTF-8, as names that do not exist: U+00A0, U+D7FF, U+E000, U+10FFFF.
    (call $try_bytes (i32.const 0xa0c2) (i32.const 2))
    ;;> not_found
    (call $try_bytes (i32.const 0xbf9fed) (i32.const 3))
    ;;> not_found
    (call $try_bytes (i32.const 0x8080ee) (i32.const 3))
    ;;> not_found
    (call $try_bytes (i32.const 0xbfbf8ff4) (i32.const 4))
    ;;> not_found

    ;; Nothing was opened, and no handle written.
    (call $show_u32 (call $loads))
    ;;> 0
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
  )
)
