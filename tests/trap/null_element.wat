(module (table 3 funcref) (type $t (func))
  (func $run (export "run") (call_indirect (type $t) (i32.const 2))))
;;= uninitialized element
;;= wasm backtrace:
;;=     0:     0x28 - <unknown>!run
