;;@ max_guest_models 2
;; max_models: the host's and the guests' models together; a failed load takes no slot.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\07\00\00\00")
  (data (i32.const 0x1010) "io u8 1")
  (data (i32.const 0x1020) "\30\10\00\00" "\0c\00\00\00")
  (data (i32.const 0x1030) "fail_load it")
  (func $try (param $builder i32)
    (call $show (call $load (local.get $builder) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT))))
  (func (export "_start")
    (call $try (i32.const 0x1000))
    ;;> success
    (call $try (i32.const 0x1020))
    ;;> runtime_error
    (call $try (i32.const 0x1020))
    ;;> runtime_error
    ;; The same bytes are the same model.
    (call $try (i32.const 0x1000))
    ;;> success
    (i32.store8 (i32.const 0x1016) (i32.const 0x32))  ;; "io u8 2"
    (call $try (i32.const 0x1000))
    ;;> success
    (i32.store8 (i32.const 0x1016) (i32.const 0x33))  ;; "io u8 3"
    (call $try (i32.const 0x1000))
    ;;> too_large
    ;; The host's models have their own slots.
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> success
    (call $show_u32 (call $graphs))
    ;;> 3
  )
)
