(module (table 3 funcref) (type $t (func))
  (func $run (export "run") (call_indirect (type $t) (i32.const 99))))
;;= undefined element
;;= wasm backtrace:
;;=     0:     0x29 - <unknown>!run
