(module (memory 1)
  (func $run (export "run") (drop (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const 0)))))
;;= expected shared memory
;;= wasm backtrace:
;;=     0:     0x2c - <unknown>!run
