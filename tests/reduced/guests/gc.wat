;; needs: reference-types function-references gc
(module (type $s (struct (field i32) (field (mut i32)))) (func (export "run") (result i32) (local (ref null $s)) (local.set 0 (struct.new $s (i32.const 1) (i32.const 7))) (struct.get $s 1 (local.get 0))))
