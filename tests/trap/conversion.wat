(module
  (func $run (export "run") (local f64) (local.set 0 (f64.const nan)) (drop (i64.trunc_f64_u (local.get 0)))))
;;= invalid conversion to integer
;;= wasm backtrace:
;;=     0:     0x2f - <unknown>!run
