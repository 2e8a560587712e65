(module (type $t (func))
  (func $run (export "run") (call_ref $t (ref.null $t))))
;;= null function reference
;;= wasm backtrace:
;;=     0:     0x22 - <unknown>!run
