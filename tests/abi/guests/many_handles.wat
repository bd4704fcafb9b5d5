;;@ max_graphs 5000
;;@ max_contexts 5000
;; Thousands of graphs and contexts, all of them distinct and alive.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $HANDLES i32 (i32.const 0x2000))
  (func (export "_start")
    (local $i i32) (local $graph i32) (local $same i32)
    (loop $next
      (local.set $graph (call $open (global.get $NAME) (global.get $NAME_LEN)))
      (i32.store (i32.add (global.get $HANDLES) (i32.shl (local.get $i) (i32.const 2)))
        (call $new_context (local.get $graph)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 5000))))
    (call $show_u32 (call $contexts))
    ;;> 5000
    (call $show (call $load_by_name (global.get $NAME) (global.get $NAME_LEN) (global.get $OUT)))
    ;;> too_large
    ;; The first and the last one work.
    (call $show (call $set_input (i32.load (global.get $HANDLES)) (i32.const 0)
      (global.get $TENSOR)))
    ;;> success
    (call $show (call $set_input (i32.load offset=19996 (global.get $HANDLES)) (i32.const 0)
      (global.get $TENSOR)))
    ;;> success
    ;; Handles ascend, so no two are the same.
    (local.set $i (i32.const 1))
    (loop $next
      (local.set $same (i32.add (local.get $same) (i32.ge_u
        (i32.load (i32.sub (i32.add (global.get $HANDLES) (i32.shl (local.get $i) (i32.const 2)))
          (i32.const 4)))
        (i32.load (i32.add (global.get $HANDLES) (i32.shl (local.get $i) (i32.const 2)))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 5000))))
    (call $show_u32 (local.get $same))
    ;;> 0
  )
)
