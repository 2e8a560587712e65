(module (type $a (array i32))
  (func $run (export "run") (drop (array.get $a (array.new_default $a (i32.const 3)) (i32.const 3)))))
;;= out of bounds array access
;;= wasm backtrace:
;;=     0:     0x2a - <unknown>!run
