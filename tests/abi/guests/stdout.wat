;; WASI and wasi-nn in one guest.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write
    (param $fd i32) (param $iovs i32) (param $iovs_len i32) (param $written i32) (result i32)))
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "\10\10\00\00" "\0d\00\00\00")
  (data (i32.const 0x1010) "by the guest\0a")
  (func (export "_start")
    (drop (call $identity))
    (call $show_u32 (call $fd_write (i32.const 1) (i32.const 0x1000) (i32.const 1)
      (global.get $OUT)))
    ;;> by the guest
    ;;> 0
  )
)
