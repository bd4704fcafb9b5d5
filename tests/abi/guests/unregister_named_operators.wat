;;@ guest_register tenant
;; unregister_named: the host's models are outside the guest's scope, and stay.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (call $show (call $unregister_named (global.get $NAME) (global.get $NAME_LEN)))
    ;;> not_found
    (call $show (call $get_named (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> success
  )
)
