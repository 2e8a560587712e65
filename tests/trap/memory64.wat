(module (memory i64 1)
  (func $load (param $at i64) (result i32) (i32.load offset=4 (local.get $at)))
  (func $run (export "run")
    (drop (call $load (i64.const 65528)))
    (drop (call $load (i64.const -2)))))
;;= out of bounds memory access
;;= wasm backtrace:
;;=     0:     0x2d - <unknown>!load
;;=     1:     0x3c - <unknown>!run
