;; Offers its handles to another instance: the context that _start keeps, and a graph. "use" is
;; called after the other instance has tried them.
(module
;;include prelude
  (memory (export "memory") 1)
  (global $CONTEXT (mut i32) (i32.const 0))
  ;; Three graphs, so that the last handle is above all handles of the other instance.
  (func (export "_start")
    (drop (call $identity))
    (drop (call $identity))
    (global.set $CONTEXT (call $identity))
    (call $must (call $set_input (global.get $CONTEXT) (i32.const 0) (global.get $TENSOR)))
    (call $keep (global.get $CONTEXT)))
  (func (export "keep_graph")
    (call $keep (call $open (global.get $NAME) (global.get $NAME_LEN))))
  (func (export "use")
    (call $show (call $compute (global.get $CONTEXT)))
    ;;> success
    (call $show_output_f32 (global.get $CONTEXT) (i32.const 0))
    ;;> 1 2 3 4 5 6
  )
)
