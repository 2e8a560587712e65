(module (memory 1)
  (func $load (param $at i32) (result i32) (i32.load offset=4 (local.get $at)))
  (func $run (export "run") (drop (call $load (i32.const 65533)))))
;;= out of bounds memory access
;;= wasm backtrace:
;;=     0:     0x2d - <unknown>!load
;;=     1:     0x37 - <unknown>!run
