;; Overlapping pointers: the host reads everything it needs before it writes.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 2")
  (data (i32.const 0x1030) "identity")
  (data (i32.const 0x1200) "square")
  (func (export "_start")
    (local $context i32)
    ;; The handle is written over the name.
    (call $show (call $load_by_name (i32.const 0x1030) (i32.const 8) (i32.const 0x1032)))
    ;;> success
    (call $show (call $init_execution_context (i32.load (i32.const 0x1032)) (global.get $OUT)))
    ;;> success
    ;; The handle is written over the model's text, and then over the builder.
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (i32.const 0x1010)))
    ;;> success
    (call $show (call $init_execution_context (i32.load (i32.const 0x1010)) (global.get $OUT)))
    ;;> success
    (i64.store (i32.const 0x1010) (i64.const 0x00322038_75206f69))  ;; "io u8 2"
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (i32.const 0x1000)))
    ;;> success
    (call $show (call $init_execution_context (i32.load (i32.const 0x1000)) (global.get $OUT)))
    ;;> success
    ;; Two builders for the same text.
    (i64.store (i32.const 0x1000) (i64.const 0x00000007_00001010))
    (i64.store (i32.const 0x1008) (i64.const 0x00000000_00001010))
    (call $show (call $load (i32.const 0x1000) (i32.const 2) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> success
    ;; The builders themselves are the model: not a text that the backend reads, but nothing worse.
    (i64.store (i32.const 0x1000) (i64.const 0x00000008_00001000))
    (call $show (call $load (i32.const 0x1000) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> runtime_error

    ;; A tensor whose dimensions are its own type and data pointer, and whose data is itself:
    ;; u8 [3, 4], read at offset 8, with 12 bytes of data at address 4.
    (local.set $context (call $context_of (i32.const 0x1200) (i32.const 6)))
    (i32.store (i32.const 0x0) (i32.const 0x8))    ;; dims
    (i32.store (i32.const 0x4) (i32.const 0x2))    ;; rank
    (i32.store (i32.const 0x8) (i32.const 0x3))    ;; type u8; also the first dimension
    (i32.store (i32.const 0xc) (i32.const 0x4))    ;; data; also the second dimension
    (i32.store (i32.const 0x10) (i32.const 0xc))   ;; data_len
    (call $show (call $set_input (local.get $context) (i32.const 0) (i32.const 0)))
    ;;> success
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 02 00 00 00 03 00 00 00 04 00 00 00

    ;; The size is written into the buffer: first the output, then the size.
    (call $show (call $get_output (local.get $context) (i32.const 0) (i32.const 0x1300)
      (i32.const 12) (i32.const 0x1304)))
    ;;> success
    (call $show_bytes (i32.const 0x1300) (i32.const 12))
    ;;> 02 00 00 00 0c 00 00 00 04 00 00 00
    ;; The size is written into a buffer that is too small: only the size.
    (call $show (call $get_output (local.get $context) (i32.const 0) (i32.const 0x1300)
      (i32.const 11) (i32.const 0x1301)))
    ;;> too_large
    (call $show_bytes (i32.const 0x1300) (i32.const 12))
    ;;> 02 0c 00 00 00 00 00 00 04 00 00 00
    ;; The buffer overlaps the tensor that the input came from.
    (call $show (call $get_output (local.get $context) (i32.const 0) (i32.const 0)
      (i32.const 20) (i32.const 0x10)))
    ;;> success
    (call $show_bytes (i32.const 0) (i32.const 20))
    ;;> 02 00 00 00 03 00 00 00 04 00 00 00 04 00 00 00 0c 00 00 00
    ;; Neither changes the context's own tensors.
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 02 00 00 00 03 00 00 00 04 00 00 00
  )
)
