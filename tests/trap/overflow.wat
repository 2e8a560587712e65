(module
  (func $run (export "run") (local i64) (local.set 0 (i64.const -1)) (drop (i64.div_s (i64.const 0x8000000000000000) (local.get 0)))))
;;= integer overflow
;;= wasm backtrace:
;;=     0:     0x33 - <unknown>!run
