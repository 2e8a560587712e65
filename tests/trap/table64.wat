(module (table i64 2 funcref) (elem (i64.const 0) $run)
  (func $run (export "run") (call_indirect (i64.const 0x100000000))))
;;= undefined element
;;= wasm backtrace:
;;=     0:     0x35 - <unknown>!run
