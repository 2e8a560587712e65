(module (memory 1)
  (func $run (export "run") (memory.copy (i32.const 0) (i32.const 65000) (i32.const 1000))))
;;= out of bounds memory access
;;= wasm backtrace:
;;=     0:     0x2e - <unknown>!run
