(module
  (func $last (param i32) (drop (i32.div_s (i32.const 1) (local.get 0)))) (func $middle (param i32) (return_call $last (local.get 0)))
  (func $run (export "run") (call $middle (i32.const 0))))
;;= integer divide by zero
;;= wasm backtrace:
;;=     0:     0x2a - <unknown>!last
;;=     1:     0x38 - <unknown>!run
