;;@ max_graphs 2
;;@ max_contexts 1
;; A reused slot gets another handle, many thousand times; old handles stay invalid.
(module
;;include prelude
  (memory (export "memory") 1)
  (func (export "_start")
    (local $first i32)
    (local $graph i32)
    (local $left i32)
    (local.set $first (call $open (global.get $NAME) (global.get $NAME_LEN)))
    (call $must (call $unload (local.get $first)))
    (local.set $left (i32.const 10000))
    (loop $again
      (local.set $graph (call $open (global.get $NAME) (global.get $NAME_LEN)))
      (if (i32.eq (local.get $graph) (local.get $first)) (then (unreachable)))
      (call $must (call $finalize_execution_context (call $new_context (local.get $graph))))
      (call $must (call $unload (local.get $graph)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (call $show (call $unload (local.get $first)))
    ;;> invalid_argument
    (call $show_u32 (call $loads))
    ;;> 1
    (call $show_u32 (call $contexts))
    ;;> 0
  )
)
