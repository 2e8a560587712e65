(module (type $a (array i64))
  (func $run (export "run") (drop (array.new_default $a (i32.const 0x7fffffff)))))
;;= out of heap memory
;;= wasm backtrace:
;;=     0:     0x29 - <unknown>!run
