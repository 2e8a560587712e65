(module (memory 1)
  (func $run (export "run") (drop (i32.atomic.rmw16.add_u offset=2 (i32.const 65) (i32.const 1)))))
;;= unaligned atomic
;;= wasm backtrace:
;;=     0:     0x2a - <unknown>!run
