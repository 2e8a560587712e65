(module (memory i64 1)
  (func $run (export "run") (param) (local $zero i64)
    (i64.store offset=0xffffffffffffffff (local.get $zero) (i64.const 1))))
;;= out of bounds memory access
;;= wasm backtrace:
;;=     0:     0x2b - <unknown>!run
