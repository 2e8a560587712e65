(module
  (func $run (export "run") (local i64) (drop (i64.rem_s (i64.const 7) (local.get 0)))))
;;= integer divide by zero
;;= wasm backtrace:
;;=     0:     0x26 - <unknown>!run
