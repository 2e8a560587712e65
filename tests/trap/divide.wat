(module
  (func $divide (param i32 i32) (result i32) (i32.div_u (local.get 0) (local.get 1)))
  (func $run (export "run") (drop (i32.add (i32.const 3) (call $divide (i32.const 1) (i32.const 0))))))
;;= integer divide by zero
;;= wasm backtrace:
;;=     0:     0x2b - <unknown>!divide
;;=     1:     0x35 - <unknown>!run
