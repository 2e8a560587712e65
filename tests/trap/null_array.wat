(module
  (func $run (export "run") (drop (array.len (ref.null array)))))
;;= null array reference
;;= wasm backtrace:
;;=     0:     0x22 - <unknown>!run
