;;@ isolation process
;; In a worker a load that nobody waits for is ended.
;;@ load_timeout_ms 50
;; A load that takes longer than the guest may wait is a runtime error. The wait ends, but the load
;; of a named model goes on; the guest's own model is given up with the wait.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "slow_load")  ;; until loads are released
  (global $BUILDER i32 (i32.const 0x1100))
  (data (i32.const 0x1100) "\10\11\00\00" "\12\00\00\00")
  (data (i32.const 0x1110) "io u8 1\0aload_waits")
  ;; Whether the model is there after as many waits as a hang would take.
  (func $comes (param $name i32) (param $name_len i32) (result i32)
    (local $tries i32)
    (loop $again
      (local.set $tries (i32.add (local.get $tries) (i32.const 1)))
      (br_if $again (i32.and
        (i32.ne (i32.const 0)
          (call $load_by_name (local.get $name) (local.get $name_len) (global.get $OUT)))
        (i32.lt_u (local.get $tries) (i32.const 200)))))
    (i32.lt_u (local.get $tries) (i32.const 200)))
  (func (export "_start")
    (i32.store (global.get $OUT) (i32.const 77))
    (call $show (call $load (global.get $BUILDER) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    ;;> runtime_error
    (call $show (call $load_by_name (i32.const 0x1000) (i32.const 9) (global.get $OUT)))
    ;;> runtime_error
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    ;; Meanwhile, others are served.
    (call $show_u32 (call $comes (global.get $NAME) (global.get $NAME_LEN)))
    ;;> 1
    ;; The load goes on, and later lookups see its end.
    (call $let_loads_go)
    (call $show_u32 (call $comes (i32.const 0x1000) (i32.const 9)))
    ;;> 1
    ;; The guest's own model, "slow_load" and "identity".
    (call $show_u32 (call $loads))
    ;;> 3
  )
)
