;;@ end trap
;; A guest that exhausts its stack with ever deeper calls of wasi-nn traps, and the host is intact.
(module
;;include prelude
  (memory (export "memory") 1)
  (func $deeper
    (drop (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    (call $deeper))
  (func (export "_start")
    (call $show_u32 (call $loads))
    ;;> 0
    (call $deeper)
  )
)
