;; describe: the graph's inputs and outputs as JSON.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "bounded")
  (data (i32.const 0x1010) "none")
  (func $try (param $graph i32) (param $max i32)
    (call $show (call $describe (local.get $graph) (global.get $BUFFER) (local.get $max)
      (global.get $OUT))))
  (func (export "_start")
    (local $graph i32)
    (local.set $graph (call $open (i32.const 0x1010) (i32.const 4)))
    (call $try (local.get $graph) (i32.const 26))
    ;;> success
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 26
    (call $show_text (global.get $BUFFER) (i32.const 26))
    (call $end_line)
    ;;> {"inputs":[],"outputs":[]}
    ;; With one byte less, the size is written and the buffer is untouched.
    (call $fill (global.get $BUFFER) (i32.const 0x55) (i32.const 4))
    (i32.store (global.get $OUT) (i32.const 77))
    (call $try (local.get $graph) (i32.const 25))
    ;;> too_large
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 26
    (call $show_bytes (global.get $BUFFER) (i32.const 4))
    ;;> 55 55 55 55
    (call $try (call $open (i32.const 0x1000) (i32.const 7)) (global.get $BUFFER_MAX))
    ;;> success
    (call $show_text (global.get $BUFFER) (i32.load (global.get $OUT)))
    (call $end_line)
    ;;> {"inputs":[{"aliases":[],"name":"in0","shape":[{"max":4,"min":2}],"type":"u8"}],"outputs":[{"aliases":[],"name":"out0","shape":[{"max":4,"min":2}],"type":"u8"}]}

    ;; Handles that are invalid, belong to an execution context, or are closed.
    (i32.store (global.get $OUT) (i32.const 77))
    (call $try (i32.const 0) (global.get $BUFFER_MAX))
    ;;> invalid_argument
    (call $try (i32.const -1) (global.get $BUFFER_MAX))
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    (call $try (call $identity) (global.get $BUFFER_MAX))
    ;;> invalid_argument
    (call $must (call $unload (local.get $graph)))
    (call $try (local.get $graph) (global.get $BUFFER_MAX))
    ;;> invalid_argument
  )
)
