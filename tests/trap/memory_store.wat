(module (memory 1)
  (func $run (export "run") (local $i i32)
    (loop $l (i64.store (local.get $i) (i64.const 1)) (local.set $i (i32.add (local.get $i) (i32.const 8))) (br $l))))
;;= out of bounds memory access
;;= wasm backtrace:
;;=     0:     0x2d - <unknown>!run
