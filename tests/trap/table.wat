(module (table 3 funcref)
  (func $get (param i32) (drop (table.get 0 (local.get 0))))
  (func $run (export "run") (call $get (i32.const 3))))
;;= out of bounds table access
;;= wasm backtrace:
;;=     0:     0x2d - <unknown>!get
;;=     1:     0x35 - <unknown>!run
