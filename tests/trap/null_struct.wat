(module (type $s (struct (field i32)))
  (func $run (export "run") (drop (struct.get $s 0 (ref.null $s)))))
;;= null structure reference
;;= wasm backtrace:
;;=     0:     0x26 - <unknown>!run
