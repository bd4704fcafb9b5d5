;;@ end exit 42
;; A guest that exits with open graphs and contexts leaves nothing behind.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param $code i32)))
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $identity))
    (call $show_u32 (call $contexts))
    ;;> 1
    (call $proc_exit (i32.const 42))
  )
)
