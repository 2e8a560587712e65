(module (type $s (struct))
  (func $run (export "run") (drop (ref.cast (ref $s) (ref.i31 (i32.const 1))))))
;;= cast failure
;;= wasm backtrace:
;;=     0:     0x26 - <unknown>!run
