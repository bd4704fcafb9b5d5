;; A failure in the backend is a runtime error, and the guest goes on.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "broken")
  (data (i32.const 0x1010) "failing")
  (data (i32.const 0x1020) "flaky")
  (data (i32.const 0x1030) "throwing")
  (data (i32.const 0x1040) "unmade")
  (data (i32.const 0x1050) "homeless")
  ;; A model that the fake backend can't read, and one that it fails to load.
  (global $BUILDERS i32 (i32.const 0x1100))
  (data (i32.const 0x1100) "\20\11\00\00" "\07\00\00\00" "\30\11\00\00" "\0f\00\00\00")
  (data (i32.const 0x1120) "no line")
  (data (i32.const 0x1130) "fail_load it is")

  (func $u8_input (param $context i32)
    (call $must (call $set_list (local.get $context) (i32.const 0) (global.get $U8) (i32.const 1)
      (global.get $NAME) (i32.const 1))))

  (func (export "_start")
    (local $context i32)
    ;; Loads.
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $load_by_name (i32.const 0x1000) (i32.const 6) (global.get $OUT)))
    ;;> runtime_error
    ;; The failure is remembered: the model is not loaded again.
    (call $show (call $load_by_name (i32.const 0x1000) (i32.const 6) (global.get $OUT)))
    ;;> runtime_error
    (call $show_u32 (call $loads))
    ;;> 1
    (call $show (call $load (global.get $BUILDERS) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> runtime_error
    (call $show (call $load (i32.add (global.get $BUILDERS) (i32.const 8)) (i32.const 1)
      (i32.const 1) (i32.const 0) (global.get $OUT)))
    ;;> runtime_error
    ;; Only names may get not_found, whatever a backend returns.
    (call $show (call $load_by_name (i32.const 0x1050) (i32.const 8) (global.get $OUT)))
    ;;> runtime_error
    ;; A context.
    (call $must (call $load_by_name (i32.const 0x1040) (i32.const 6) (global.get $OUT)))
    (call $show (call $init_execution_context (i32.load (global.get $OUT)) (global.get $OUT)))
    ;;> runtime_error

    ;; Computes.
    (local.set $context (call $context_of (i32.const 0x1010) (i32.const 7)))
    (call $u8_input (local.get $context))
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    (call $show_u32 (call $computes))
    ;;> 2
    (local.set $context (call $context_of (i32.const 0x1030) (i32.const 8)))
    (call $u8_input (local.get $context))
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument

    ;; After a failed compute, a context still works with the inputs that it has.
    (local.set $context (call $context_of (i32.const 0x1020) (i32.const 5)))
    (call $u8_input (local.get $context))
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69
    ;; A failure discards the output of the success before it.
    (call $show (call $compute (local.get $context)))
    ;;> runtime_error
    (call $show (call $get (local.get $context) (i32.const 0)))
    ;;> invalid_argument
    (call $show (call $compute (local.get $context)))
    ;;> success
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 69
  )
)
