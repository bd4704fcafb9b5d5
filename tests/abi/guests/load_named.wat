;;@ guest_register instance
;;@ host_models granted
;; load_named: the model belongs to the guest under a name, until it unregisters the name; open
;; handles stay valid.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "io u8 2\0a")
  (data (i32.const 0x1010) "fail_load the weights are missing")
  (data (i32.const 0x1100) "\00\10\00\00" "\08\00\00\00")  ;; a builder
  (data (i32.const 0x1110) "\10\10\00\00" "\21\00\00\00")  ;; of the failing model
  (data (i32.const 0x1200) "mine")
  (func $try (param $builder i32) (param $name i32) (param $name_len i32)
    (call $show (call $load_named (local.get $builder) (i32.const 1) (i32.const 1) (i32.const 0)
      (local.get $name) (local.get $name_len) (global.get $OUT))))
  (func $show_names
    (call $must (call $list_named (global.get $BUFFER) (global.get $BUFFER_MAX) (global.get $OUT)))
    (call $show_u32 (i32.load (global.get $OUT)))
    (call $show_text (global.get $BUFFER) (i32.load (global.get $OUT))))
  (func (export "_start")
    (local $graph i32)
    (local $context i32)
    ;; A model that can't be loaded gets no name, either.
    (i32.store (global.get $OUT) (i32.const 77))
    (call $try (i32.const 0x1110) (i32.const 0x1200) (i32.const 4))
    ;;> runtime_error
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $show_names)
    ;;> 0
    (call $try (i32.const 0x1100) (i32.const 0x1200) (i32.const 4))
    ;;> success
    (local.set $graph (i32.load (global.get $OUT)))
    (call $show_last_load)
    ;;> onnx cpu 8 bytes
    (call $show_names)
    ;;> 5
    ;;> mine
    (call $show (call $load_by_name (i32.const 0x1200) (i32.const 4) (global.get $OUT)))
    ;;> success
    (call $show (call $get_named (i32.const 0x1200) (i32.const 4) (global.get $OUT)))
    ;;> success
    ;; The name is taken, even for the same bytes.
    (call $try (i32.const 0x1100) (i32.const 0x1200) (i32.const 4))
    ;;> invalid_argument
    ;; Invalid: an empty name, a line feed, not UTF-8, an unknown encoding, an unknown target.
    (call $try (i32.const 0x1100) (i32.const 0x1200) (i32.const 0))
    ;;> invalid_argument
    (i32.store8 (i32.const 0x1300) (i32.const 10))
    (call $try (i32.const 0x1100) (i32.const 0x1300) (i32.const 1))
    ;;> invalid_argument
    (i32.store8 (i32.const 0x1300) (i32.const 0xff))
    (call $try (i32.const 0x1100) (i32.const 0x1300) (i32.const 1))
    ;;> invalid_argument
    (call $show (call $load_named (i32.const 0x1100) (i32.const 1) (i32.const 6) (i32.const 0)
      (i32.const 0x1200) (i32.const 3) (global.get $OUT)))
    ;;> invalid_encoding
    (call $show (call $load_named (i32.const 0x1100) (i32.const 1) (i32.const 1) (i32.const 4)
      (i32.const 0x1200) (i32.const 3) (global.get $OUT)))
    ;;> invalid_argument
    (call $show (call $load_named (i32.const 0x1100) (i32.const 0) (i32.const 1) (i32.const 0)
      (i32.const 0x1200) (i32.const 3) (global.get $OUT)))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 2
    (call $show_names)
    ;;> 5
    ;;> mine

    (call $show (call $unregister_named (i32.const 0x1200) (i32.const 4)))
    ;;> success
    (call $show (call $unregister_named (i32.const 0x1200) (i32.const 4)))
    ;;> not_found
    (call $show (call $get_named (i32.const 0x1200) (i32.const 4) (global.get $OUT)))
    ;;> not_found
    (local.set $context (call $new_context (local.get $graph)))
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 2)
      (global.get $NAME) (i32.const 2)))
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64
    ;; The name is free again.
    (call $try (i32.const 0x1100) (i32.const 0x1200) (i32.const 4))
    ;;> success
  )
)
