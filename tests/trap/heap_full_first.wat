(module (type $a (array i64)) (global $kept (mut (ref null $list)) (ref.null $list)) (type $list (struct (field (ref $a)) (field (ref null $list))))
  (func $run (export "run") (loop $again (call $fill) (br $again)))
  (func $fill (global.set $kept (struct.new $list (array.new_default $a (i32.const 0x100000)) (global.get $kept)))))
;;= out of heap memory
;;= wasm backtrace:
;;=     0:     0x44 - <unknown>!fill
;;=     1:     0x37 - <unknown>!run
