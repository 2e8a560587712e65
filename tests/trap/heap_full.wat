(module (type $a (array i64)) (type $list (struct (field (ref $a)) (field (ref null $list))))
  (func $run (export "run") (local $kept (ref null $list)) (call $fill) (drop (ref.is_null (local.get $kept))))
  (func $fill (local $kept (ref null $list))
    (loop $again
      (local.set $kept (struct.new $list (array.new_default $a (i32.const 0x100000)) (local.get $kept)))
      (br $again))))
;;= out of heap memory
;;= wasm backtrace:
;;=     0:     0x42 - <unknown>!fill
;;=     1:     0x2f - <unknown>!run
