;; Invalid handles: zero, made up, or of the other kind.
(module
;;include prelude
  (memory (export "memory") 1)
  (func $all (param $handle i32)
    (call $show (call $init_execution_context (local.get $handle) (global.get $OUT)))
    (call $all_of_a_context (local.get $handle)))
  (func $all_of_a_context (param $handle i32)
    (call $show (call $set_input (local.get $handle) (i32.const 0) (global.get $TENSOR)))
    (call $show (call $compute (local.get $handle)))
    (call $show (call $get (local.get $handle) (i32.const 0))))

  ;; Returns whether any handle that differs from $handle in one bit is accepted.
  (func $any_like (param $handle i32) (result i32)
    (local $bit i32) (local $like i32) (local $taken i32)
    (loop $next
      (local.set $like (i32.xor (local.get $handle) (i32.shl (i32.const 1) (local.get $bit))))
      (local.set $taken (i32.or (local.get $taken) (i32.ne (i32.const 1)
        (call $init_execution_context (local.get $like) (global.get $OUT)))))
      (local.set $taken (i32.or (local.get $taken) (i32.ne (i32.const 1)
        (call $compute (local.get $like)))))
      (local.set $bit (i32.add (local.get $bit) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $bit) (i32.const 32))))
    (local.get $taken))

  (func (export "_start")
    (local $graph i32) (local $context i32)
    (i32.store (global.get $OUT) (i32.const 77))
    ;; Before anything is open.
    (call $all (i32.const 0))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $all (i32.const 1))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $all (i32.const -1))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77

    (local.set $graph (call $open (global.get $NAME) (global.get $NAME_LEN)))
    (local.set $context (call $new_context (local.get $graph)))
    (call $must (call $set_input (local.get $context) (i32.const 0) (global.get $TENSOR)))
    (i32.store (global.get $OUT) (i32.const 77))
    (call $all (i32.const 0))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $all (i32.const 0x7fffffff))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $all (i32.const 0x80000000))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $all (i32.const -1))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    ;; Handles of the other kind.
    (call $all_of_a_context (local.get $graph))
    ;;> invalid_argument
    ;;> invalid_argument
    ;;> invalid_argument
    (call $show (call $init_execution_context (local.get $context) (global.get $OUT)))
    ;;> invalid_argument
    ;; Handles with one bit flipped.
    (call $show_u32 (call $any_like (local.get $graph)))
    ;;> 0
    (call $show_u32 (call $any_like (local.get $context)))
    ;;> 0
    (call $show_u32 (i32.load (global.get $OUT)))
    ;;> 77
    ;; Handles are positive as signed numbers, too.
    (call $show_u32 (i32.and (i32.gt_s (local.get $graph) (i32.const 0))
      (i32.gt_s (local.get $context) (i32.const 0))))
    ;;> 1

    (call $show_u32 (call $contexts))
    ;;> 1
    (call $show (call $compute (local.get $context)))
    ;;> success
  )
)
