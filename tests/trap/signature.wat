(module (table funcref (elem $other)) (type $t (func)) (func $other (param i32))
  (func $run (export "run") (call_indirect (type $t) (i32.const 0))))
;;= indirect call type mismatch
;;= wasm backtrace:
;;=     0:     0x3c - <unknown>!run
