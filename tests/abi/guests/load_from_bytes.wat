;; A guest-supplied model: a separate graph, from bytes that the guest may reuse at once.
(module
;;include prelude
  (memory (export "memory") 1)
  ;; A model of the fake backend in two parts.
  (data (i32.const 0x1000) "io u8 2\0a")
  (data (i32.const 0x1100) "io u8 3")
  ;; builders: {pointer, length} each
  (global $BUILDERS i32 (i32.const 0x1200))
  (data (i32.const 0x1200) "\00\10\00\00" "\08\00\00\00" "\00\11\00\00" "\07\00\00\00")
  (func (export "_start")
    (local $one i32) (local $both i32) (local $context i32)
    (call $show (call $load (global.get $BUILDERS) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> success
    (local.set $one (i32.load (global.get $OUT)))
    (call $show_last_load)
    ;;> onnx cpu 8 bytes
    (call $show (call $load (global.get $BUILDERS) (i32.const 2) (i32.const 0) (i32.const 0)
      (global.get $OUT)))
    ;;> success
    (local.set $both (i32.load (global.get $OUT)))
    (call $show_last_load)
    ;;> openvino cpu 8+7 bytes
    (call $show_u32 (call $graphs))
    ;;> 2

    ;; The guest may overwrite the bytes.
    (call $fill (i32.const 0x1000) (i32.const 0xff) (i32.const 0x300))

    ;; One input and one output.
    (local.set $context (call $new_context (local.get $one)))
    (call $show (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 2)
      (global.get $NAME) (i32.const 2)))
    ;;> success
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69 64

    ;; Two of each.
    (local.set $context (call $new_context (local.get $both)))
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 2)
      (global.get $NAME) (i32.const 2)))
    (call $show (call $compute (local.get $context)))
    ;;> invalid_argument
    (call $must (call $set_list (local.get $context) (i32.const 1) (global.get $U8) (i32.const 3)
      (global.get $NAME) (i32.const 3)))
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output (local.get $context) (i32.const 1))
    ;;> 69 64 65
  )
)
