(module
  (func $run (export "run") (drop (i31.get_s (ref.null i31)))))
;;= null i31 reference
;;= wasm backtrace:
;;=     0:     0x22 - <unknown>!run
