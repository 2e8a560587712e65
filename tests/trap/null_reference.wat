(module
  (func $run (export "run") (drop (ref.as_non_null (ref.null func)))))
;;= null reference
;;= wasm backtrace:
;;=     0:     0x22 - <unknown>!run
