;; Dimensions whose product does not fit in 32 or 64 bits: after wrapping round, it would match the
;; bytes that the guest gives.
(module
;;include prelude
  (memory (export "memory") 1)
  (data (i32.const 0x1000) "square")   ;; u8 [?,?]
  (data (i32.const 0x1010) "dynamic")  ;; u8 [?,3]
  (data (i32.const 0x1020) "rank_64")  ;; u8 [2,1,1,...,1]
  ;; Four dimensions of a guest-supplied model: f64.
  (global $BUILDER i32 (i32.const 0x1100))
  (data (i32.const 0x1100) "\10\11\00\00" "\0e\00\00\00")
  (data (i32.const 0x1110) "io f64 ?,?,?,?")

  (func $try_2 (param $context i32) (param $a i32) (param $b i32) (param $data_len i32)
    (i32.store (global.get $DIMS) (local.get $a))
    (i32.store offset=4 (global.get $DIMS) (local.get $b))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $U8) (i32.const 2)
      (global.get $DATA) (local.get $data_len))))

  (func $try_4 (param $context i32) (param $first i32) (param $others i32) (param $data_len i32)
    (i32.store (global.get $DIMS) (local.get $first))
    (i32.store offset=4 (global.get $DIMS) (local.get $others))
    (i32.store offset=8 (global.get $DIMS) (local.get $others))
    (i32.store offset=12 (global.get $DIMS) (local.get $others))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $F64) (i32.const 4)
      (global.get $DATA) (local.get $data_len))))

  (func (export "_start")
    (local $context i32)
    (local.set $context (call $context_of (i32.const 0x1000) (i32.const 6)))
    ;; 2^16 * 2^16 = 2^32.
    (call $try_2 (local.get $context) (i32.const 0x10000) (i32.const 0x10000) (i32.const 0))
    ;;> invalid_argument
    ;; 641 * 6700417 = 2^32 + 1.
    (call $try_2 (local.get $context) (i32.const 641) (i32.const 6700417) (i32.const 1))
    ;;> invalid_argument
    ;; (2^32 - 1)^2 fits in 64 bits and is 1 modulo 2^32.
    (call $try_2 (local.get $context) (i32.const -1) (i32.const -1) (i32.const 1))
    ;;> invalid_argument
    (local.set $context (call $context_of (i32.const 0x1010) (i32.const 7)))
    ;; 1431655766 * 3 = 2^32 + 2.
    (call $try_2 (local.get $context) (i32.const 1431655766) (i32.const 3) (i32.const 2))
    ;;> invalid_argument

    (call $must (call $load (global.get $BUILDER) (i32.const 1) (i32.const 1) (i32.const 0)
      (global.get $OUT)))
    (local.set $context (call $new_context (i32.load (global.get $OUT))))
    ;; Elements of 8 bytes. 2^64 elements.
    (call $try_4 (local.get $context) (i32.const 0x10000) (i32.const 0x10000) (i32.const 0))
    ;;> invalid_argument
    ;; 2^61 elements, which take 2^64 bytes.
    (call $try_4 (local.get $context) (i32.const 0x2000) (i32.const 0x10000) (i32.const 0))
    ;;> invalid_argument
    ;; 2^60 elements: the size fits in 64 bits, and is 0 modulo 2^32.
    (call $try_4 (local.get $context) (i32.const 0x1000) (i32.const 0x10000) (i32.const 0))
    ;;> invalid_argument
    (call $try_4 (local.get $context) (i32.const 0x80000000) (i32.const 0x80000000) (i32.const 0))
    ;;> invalid_argument
    ;; 8 bytes modulo 2^32.
    (call $try_4 (local.get $context) (i32.const -1) (i32.const -1) (i32.const 8))
    ;;> invalid_argument
    (call $try_4 (local.get $context) (i32.const 1) (i32.const 1) (i32.const 8))
    ;;> success

    ;; 64 dimensions are the maximum, and the model takes them.
    (local.set $context (call $context_of (i32.const 0x1020) (i32.const 7)))
    (call $fill (global.get $DIMS) (i32.const 0) (i32.const 260))
    (call $ones)
    (i32.store (global.get $DIMS) (i32.const 2))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $U8) (i32.const 64)
      (global.get $DATA) (i32.const 2)))
    ;;> success
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $U8) (i32.const 65)
      (global.get $DATA) (i32.const 2)))
    ;;> invalid_argument
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $U8) (i32.const 63)
      (global.get $DATA) (i32.const 2)))
    ;;> invalid_argument
    ;; Each dimension is 2^31.
    (call $fill (global.get $DIMS) (i32.const 0x80) (i32.const 256))
    (call $show (call $set (local.get $context) (i32.const 0) (global.get $U8) (i32.const 64)
      (global.get $DATA) (i32.const 2)))
    ;;> invalid_argument
    (call $must (call $compute (local.get $context)))
    (call $show_output (local.get $context) (i32.const 0))
    ;;> 00 00
  )

  ;; 65 dimensions of 1.
  (func $ones
    (local $i i32)
    (loop $next
      (i32.store (i32.add (global.get $DIMS) (i32.shl (local.get $i) (i32.const 2))) (i32.const 1))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 65)))))
)
